use cis_core::prelude::*;

use crate::datasets::iam::ServerCertificates;

control! {
    /// No expired server certificate is stored in IAM.
    ///
    /// ## Why it matters
    /// An expired certificate that is still at hand gets deployed by mistake, and then clients are refused or, worse, taught
    /// to click the warning away.
    pub struct ExpiredCertificates {}
    key: "iam.expired_certificates", title: "No expired server certificate is stored in IAM",
    resource_type: "AWS::IAM::ServerCertificate", judged_at: Account,
}

impl Control for ExpiredCertificates {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "See what still uses the certificate, give that one of AWS Certificate Manager, which renews it, and delete \
                 the old one.",
            )
            .caution(CautionKind::CannotBeUndone, "IAM gives no private key back: keep a copy if you may need it.")
            .caution(CautionKind::Interrupts, "A load balancer or distribution that still has the certificate loses it.")
            .no_console("IAM shows no server certificates in the console.")
            .cli([
                "aws iam get-server-certificate --server-certificate-name {resource}",
                "aws iam delete-server-certificate --server-certificate-name {resource}",
            ])
            .no_terraform("There is nothing to write: if Terraform made it, take its aws_iam_server_certificate out of the configuration."),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<ServerCertificates>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let certificates = facts.rows::<ServerCertificates>()?;
        findings.each(
            &certificates,
            |certificate| Target::arn(&certificate.arn),
            |certificate| {
                let expires = certificate.expiration.known()?;
                let verdict = if expires.0 <= facts.as_of() {
                    Verdict::fail(msg!("The certificate expired at {expires}; it must be removed.", expires))
                } else {
                    Verdict::pass(msg!("The certificate is valid until {expires}.", expires))
                };
                Ok(verdict.evidence("iam:ListServerCertificates", "Expiration", expires))
            },
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const EDGE: &str = "arn:aws:iam::123456789012:server-certificate/cloudfront/edge";

    /// As of 2026-01-01T00:00:00Z.
    fn stored(expirations: &[(&str, &str)]) -> FactSet {
        let list = expirations.iter().map(|(path, expiration)| {
            let name = path.rsplit('/').next().unwrap();
            format!(
                r#"{{"Path": "/", "ServerCertificateName": "{name}", "ServerCertificateId": "ASCACKCEVSQ6C2EXAMPLE",
                     "Arn": "arn:aws:iam::123456789012:server-certificate/{path}", {expiration}
                     "UploadDate": "2024-01-01T00:00:00+00:00"}}"#
            )
        });
        let list = list.collect::<Vec<_>>().join(",");
        aws::<ServerCertificates>(&format!(r#"{{"ServerCertificateMetadataList": [{list}]}}"#))
    }

    fn edge(expiration: &str) -> FactSet {
        stored(&[("cloudfront/edge", &format!(r#""Expiration": "{expiration}","#))])
    }

    #[test]
    fn cases() {
        Cases::of(ExpiredCertificates {})
            .fail("expired a second ago", edge("2025-12-31T23:59:59+00:00"))
            .fail("expires at the moment that is judged", edge("2026-01-01T00:00:00+00:00"))
            .pass("expires in a second", edge("2026-01-01T00:00:01+00:00"))
            .fail("expired, told in another time zone", edge("2026-01-01T08:59:59+09:00"))
            .each(
                "the path is part of the ARN",
                stored(&[
                    ("cloudfront/edge", r#""Expiration": "2027-01-01T00:00:00+00:00","#),
                    ("edge", r#""Expiration": "2015-01-01T00:00:00+00:00","#),
                ]),
                &[(EDGE, Status::Pass), ("arn:aws:iam::123456789012:server-certificate/edge", Status::Fail)],
            )
            .not_applicable("none stored", stored(&[]))
            .unknown("no expiration in the answer", stored(&[("cloudfront/edge", "")]))
            .unknown("an expiration that is no time", edge("soon"))
            .each(
                "a page is missing: what was read is judged, and the rest is unknown",
                edge("2015-01-01T00:00:00+00:00").cut_off::<ServerCertificates>(),
                &[("123456789012", Status::Unknown), (EDGE, Status::Fail)],
            )
            .unknown("the first page is missing: not known to be none", stored(&[]).cut_off::<ServerCertificates>())
            .unknown("denied", unread::<ServerCertificates>(GapKind::Denied))
            .check();
    }
}
