//! The credential report: times and flags stay, users are replaced.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::cipher::Cipher;
use super::document::is_time;
use super::words;
use crate::datasets::iam::CredentialReport;

/// Takes the place of what is no credential report: no base64 either.
const NO_REPORT: &str = "%redacted%";

/// The columns of flags and times, beside the users' names.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
const KEPT_VALUES: &[&str] = &["", "N/A", "no_information", "not_supported", CredentialReport::ROOT];

/// The content of a report, in base64 or plain, in the same form.
pub(super) fn content(cipher: &Cipher, text: &str) -> String {
    if text.starts_with("user,") {
        return lines(cipher, text).unwrap_or_else(|| NO_REPORT.to_owned());
    }
    let encoded: String = text.split_ascii_whitespace().collect();
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let redacted = decoded.and_then(|csv| lines(cipher, &csv));
    redacted.map_or_else(|| NO_REPORT.to_owned(), |csv| STANDARD.encode(csv))
}

fn lines(cipher: &Cipher, text: &str) -> Option<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut header: Option<csv::StringRecord> = None;
    for record in reader.records() {
        let record = record.ok()?;
        let redacted: Vec<String> = match &header {
            None => record.iter().map(column).collect(),
            Some(header) => record.iter().enumerate().map(|(at, cell)| value(cipher, header.get(at), cell)).collect(),
        };
        writer.write_record(&redacted).ok()?;
        header.get_or_insert(record);
    }
    let csv = String::from_utf8(writer.into_inner().ok()?).ok()?;
    header.map(|_| csv)
}

/// The name of a column, by which a reader finds it.
fn column(name: &str) -> String {
    let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_name && name.len() <= 64 { name.to_owned() } else { "redacted".to_owned() }
}

fn value(cipher: &Cipher, column: Option<&str>, cell: &str) -> String {
    let is_flag = cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false");
    let kept = match column {
        Some("user" | "arn") => cell == CredentialReport::ROOT,
        Some(name) if name.ends_with("_last_used_service") => words::is_word(cell),
        Some(_) => is_flag || KEPT_VALUES.contains(&cell) || is_time(cell) || words::is_region(cell),
        None => false,
    };
    if kept {
        return cell.to_owned();
    }
    match column {
        Some("user" | "arn") | None => cipher.text(cell),
        // No time and no flag: nor must it become one.
        Some(_) => "redacted".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;
    use crate::datasets::iam::Line;

    #[test]
    fn users_are_replaced_and_lines_stay() {
        let cipher = Cipher::new(&Key::new([7; 32]).unwrap());
        let csv = "user,arn,user_creation_time,password_enabled,password_last_used,extra\n\
                   <root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,no_information,\n\
                   annette,arn:aws:iam::123456789012:user/team/annette,2020-01-01T00:00:00Z,TRUE,2021-31-01,key of annette\n\
                   annette,arn:aws:iam::123456789012:user/team/annette,true\n";
        let redacted = content(&cipher, csv);
        for gone in ["annette", "123456789012", "team", "2021-31-01"] {
            assert!(!redacted.contains(gone), "{gone} in {redacted}");
        }
        let read = |csv: &str| CredentialReport::parse(csv, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
        let (before, after) = (read(csv), read(&redacted));
        assert_eq!(after.lines().len(), 3);
        assert!(after.root().is_some());
        let Line::Broken(broken) = &after.lines()[2] else { panic!("{after:?}") };
        assert_eq!(broken.arn, Some(cipher.text("arn:aws:iam::123456789012:user/team/annette")));
        let user = |report: &CredentialReport| match &report.lines()[1] {
            Line::User(user) => (**user).clone(),
            Line::Broken(broken) => panic!("{broken:?}"),
        };
        assert_eq!(user(&after).user_creation_time, user(&before).user_creation_time);
        assert_eq!(user(&after).password_enabled, user(&before).password_enabled);
        assert!(user(&after).password_last_used.known().is_err(), "what is no time stays none");
        assert!(content(&cipher, &STANDARD.encode(csv)).len() > 100);
        assert_eq!(content(&cipher, "%%%"), NO_REPORT);
    }
}
