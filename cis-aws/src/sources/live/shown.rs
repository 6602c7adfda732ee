//! What `{:?}` shows of a configuration: nothing that is secret, and no external id. AWS does not call it a secret
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>), but whoever has it is one
//! step nearer to the role, and it helps nobody who reads a log.

use std::fmt;

use super::session::check_endpoint;
use super::{LiveConfig, Role};

/// Stands for what is there and not shown.
const HIDDEN: &str = "** hidden **";

impl fmt::Debug for LiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An URL that is refused may hold a password.
        let endpoint_url = self.endpoint_url.as_ref().map(|url| check_endpoint(url).unwrap_or(HIDDEN));
        f.debug_struct("LiveConfig")
            .field("endpoint_url", &endpoint_url)
            .field("region", &self.region)
            .field("profile", &self.profile)
            // The SDK hides the secret key and the token, not the id of the key.
            .field("credentials", &self.credentials.as_ref().map(|_| HIDDEN))
            .field("role", &self.role)
            .field("fips", &self.fips)
            .field("dual_stack", &self.dual_stack)
            .field("fallback_regions", &self.fallback_regions)
            .field("generate_report", &self.generate_report)
            .field("report_wait", &self.report_wait)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role")
            .field("arn", &self.arn)
            .field("external_id", &self.external_id.as_ref().map(|_| HIDDEN))
            .field("session_name", &self.session_name)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::super::{LiveSource, SharedCredentialsProvider};
    use super::*;

    fn config(endpoint_url: &str) -> LiveConfig {
        let credentials = Credentials::new("CANARY-id", "CANARY-key", Some("CANARY-token".into()), None, "test");
        LiveConfig {
            endpoint_url: Some(endpoint_url.into()),
            region: Some("eu-west-1".into()),
            credentials: Some(SharedCredentialsProvider::new(credentials)),
            role: Some(Role {
                arn: "arn:aws:iam::123456789012:role/auditor".into(),
                external_id: Some("CANARY-external".into()),
                session_name: Some("ann".into()),
            }),
            ..LiveConfig::default()
        }
    }

    #[tokio::test]
    async fn nothing_secret_is_shown() {
        for (endpoint_url, seen) in [
            ("http://127.0.0.1:1", "http://127.0.0.1:1"),
            ("http://ann:CANARY-password@127.0.0.1:1", HIDDEN),
            ("ann:CANARY-password@127.0.0.1:1", HIDDEN),
        ] {
            let shown = format!("{0:?} {0:#?}", config(endpoint_url));
            assert!(shown.contains(seen) && shown.contains("role/auditor"), "{shown}");
            assert!(!shown.contains("CANARY"), "{shown}");
        }
        let source = LiveSource::connect(config("http://127.0.0.1:1")).await.unwrap();
        let shown = format!("{source:?} {source:#?}");
        assert!(shown.contains("eu-west-1") && !shown.contains("CANARY"), "{shown}");
        let refused = LiveSource::connect(config("http://ann:CANARY-password@127.0.0.1:1")).await.unwrap_err();
        let shown = format!("{refused} {refused:?}");
        assert!(shown.contains("leave them out") && !shown.contains("CANARY"), "{shown}");
    }
}
