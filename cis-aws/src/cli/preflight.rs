//! The sub-command `preflight`: who would audit which account, and what of the permissions is visibly missing.

#[cfg(feature = "live-base")]
pub(super) use live::{preflight, tell};

#[cfg(not(feature = "live-base"))]
pub(super) fn preflight(
    _: &super::args::PreflightArgs,
    _: &mut super::console::Console<'_>,
) -> Result<super::Exit, cis_core::Error> {
    Err(super::scan::no_live_source())
}

#[cfg(feature = "live-base")]
mod live {
    use std::collections::BTreeSet;

    use cis_core::format::{Page, Style};
    use cis_core::layer::Trace;
    use cis_core::{Error, GapKind, Locale, Message, RegionStatus, Report, Scan, Selection, msg};
    use serde_json::json;

    use crate::cli::Exit;
    use crate::cli::args::{Format, PreflightArgs};
    use crate::cli::console::Console;
    use crate::cli::list::json as write_json;
    use crate::cli::scan::{benchmark, connect, runtime};
    use crate::permissions::Permissions;
    use crate::sources::live::Preflight;

    /// Reads what the account has once and what the first region has, in full, and tells what was denied.
    pub(in crate::cli) fn preflight(args: &PreflightArgs, console: &mut Console<'_>) -> Result<Exit, Error> {
        let (benchmark, registry) = (benchmark(&args.benchmark)?, crate::registry());
        let selection = Selection { select: args.select.clone(), level: args.level };
        let scan = Scan::new(&benchmark, &registry).select(selection);
        let permissions = Permissions::of(&scan.plan()?);
        let runtime = runtime()?;
        let (preflight, report, region) = runtime.block_on(async {
            let source = connect(&args.reach, &args.region).await?;
            let preflight = source.preflight().await?;
            let region = args.region.first().unwrap_or(&preflight.start_region).clone();
            let scan = scan.regions([region.clone()]).as_of(jiff::Timestamp::now());
            let report = scan.run(&Trace::new(&source)).await?;
            Ok::<_, Error>((preflight, report, region))
        })?;
        runtime.shutdown_background();
        let denied = denied(&report);
        let missing: BTreeSet<&str> = permissions.actions().filter(|action| denied.contains(action)).collect();
        let options = console.text_options();
        console.print(|to| match args.format {
            Format::Json => {
                let Preflight { account_id, partition, caller, expires_at, regions, regions_gap, .. } = &preflight;
                let value = json!({
                    "account_id": account_id, "partition": partition, "caller": caller, "expires_at": expires_at,
                    "regions": regions, "regions_gap": regions_gap, "tried_in": region, "missing_actions": missing,
                });
                write_json(&value, to)
            }
            Format::Text => {
                let mut page = Page::new(to, options);
                let locale = &args.language.locale;
                for line in lines(&preflight) {
                    page.text(0, &locale.text(&line), Style::Plain)?;
                }
                let all = permissions.actions().count();
                if missing.is_empty() {
                    let told = msg!("None of the {all} IAM actions was denied in {region}.", all, region);
                    return page.text(0, &locale.text(&told), Style::Plain);
                }
                let n = missing.len();
                let told = msg!("{n} of the {all} IAM actions were denied in {region}:", n, all, region);
                page.text(0, &locale.text(&told), Style::Bad)?;
                missing.iter().try_for_each(|action| page.text(2, action, Style::Plain))
            }
        })?;
        Ok(if missing.is_empty() && preflight.regions_gap.is_none() { Exit::NothingFails } else { Exit::Unknown })
    }

    /// The IAM actions that were denied somewhere.
    fn denied(report: &Report) -> BTreeSet<&str> {
        let denied = report.unread.iter().filter(|gap| gap.kind == GapKind::Denied);
        denied.filter_map(|gap| gap.action.as_deref()).collect()
    }

    /// Tells on standard error who is about to read what.
    pub(in crate::cli) fn tell(preflight: &Preflight, locale: &Locale, console: &mut Console<'_>) {
        for line in lines(preflight) {
            console.note(&locale.text(&line));
        }
    }

    fn lines(preflight: &Preflight) -> Vec<Message> {
        let Preflight { account_id, partition, caller, .. } = preflight;
        let expiry = match preflight.expires_at {
            Some(at) => msg!("credentials valid until {at}", at),
            None => msg!("credentials without a known end"),
        };
        let count = |status| preflight.regions.iter().filter(|region| region.status == status).count();
        let (enabled, not_enabled) = (count(RegionStatus::Enabled), count(RegionStatus::NotEnabled));
        let mut lines = vec![
            msg!(
                "account {account} (partition {partition}), read as {caller}; {expiry}",
                account = account_id,
                partition,
                caller,
                expiry
            ),
            msg!("{enabled} regions enabled, {not_enabled} not enabled", enabled, not_enabled),
        ];
        if let Some(gap) = &preflight.regions_gap {
            lines.push(msg!("the list of regions is not whole: {gap}", gap = gap.in_message()));
        }
        lines
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn it_is_short_and_says_what_is_missing() {
            let preflight = Preflight {
                account_id: "123456789012".into(),
                partition: "aws".into(),
                caller: "arn:aws:iam::123456789012:user/ann".into(),
                expires_at: Some("2027-01-15T08:00:00Z".parse().unwrap()),
                start_region: "us-east-1".into(),
                regions: vec![cis_core::Region::enabled("us-east-1")],
                regions_gap: Some(
                    cis_core::Gap::new(GapKind::Denied, "no")
                        .operation("ec2:DescribeRegions")
                        .action("ec2:DescribeRegions")
                        .code("UnauthorizedOperation"),
                ),
            };
            assert_eq!(
                lines(&preflight).iter().map(Message::to_string).collect::<Vec<_>>(),
                [
                    "account 123456789012 (partition aws), read as arn:aws:iam::123456789012:user/ann; credentials valid until 2027-01-15T08:00:00Z",
                    "1 regions enabled, 0 not enabled",
                    "the list of regions is not whole: ec2:DescribeRegions answered UnauthorizedOperation; allow ec2:DescribeRegions",
                ]
            );
        }
    }
}
