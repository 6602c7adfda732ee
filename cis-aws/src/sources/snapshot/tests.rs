use std::io::Write;

use cis_core::layer::Record;
use cis_core::{Dataset, ErrorKind, Layout, MemorySource, Operation, PlaceKind, Wanted};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::executor::block_on;
use jiff::Timestamp;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tar::Header;
use tempfile::TempDir;

use super::*;
use crate::datasets::account::SecurityAlternateContact;
use crate::datasets::ec2::Instances;
use crate::datasets::iam::{OrganizationsFeatures, PasswordPolicy, ServerCertificates, UserDetails};

const ACCOUNT: &str = "123456789012";
const MANIFEST_TEXT: &str = r#"{"format": "cis-snapshot", "version": 1, "account_id": "123456789012"}"#;

type Contents<'a> = Vec<(&'a str, &'a str)>;

/// A folder with a manifest and these files.
fn folder(contents: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in [(MANIFEST, MANIFEST_TEXT)].iter().chain(contents) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// An entry of an archive: a header written by hand, since the crate refuses hostile ones, and what follows it.
fn entry(name: &str, kind: EntryKind, declared: u64, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    let field = &mut header.as_gnu_mut().unwrap().name;
    field[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(declared);
    header.set_mode(0o644);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

type EntryKind = tar::EntryType;

fn file(name: &str, content: &str) -> Vec<u8> {
    entry(name, EntryKind::Regular, content.len() as u64, content.as_bytes())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The end that every archive has.
fn tar(entries: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = entries.into_iter().flatten().collect::<Vec<_>>();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn open_bytes(bytes: &[u8], limits: Limits) -> Result<SnapshotSource, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.tar.gz");
    fs::write(&path, bytes).unwrap();
    SnapshotSource::open_with(&path, limits)
}

fn archive_of(entries: impl IntoIterator<Item = Vec<u8>>) -> Result<SnapshotSource, Error> {
    open_bytes(&gzip(&tar(entries)), Limits::default())
}

fn at_account<D: Dataset>(source: &SnapshotSource) -> Table {
    block_on(source.fetch(&Request::new(DatasetInfo::of::<D>(), Place::account(ACCOUNT))))
}

fn in_region<D: Dataset>(source: &SnapshotSource, region: &str) -> Table {
    block_on(source.fetch(&Request::new(DatasetInfo::of::<D>(), Place::region(ACCOUNT, region))))
}

/// Rows, or the gap as `kind: message`, then what cut the list off, likewise.
fn told(table: &Table) -> (Result<Vec<Value>, String>, Vec<String>) {
    let text = |gap: &Gap| format!("{}: {}", json_value(&gap.kind).as_str().unwrap(), gap.message);
    (table.to_json().map_err(|gap| text(&gap)), table.cut_off_by().iter().map(text).collect())
}

fn json_value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// The same files as a folder, as every kind of archive, and in memory.
fn every_form(contents: &[(&str, &str)]) -> Vec<(&'static str, SnapshotSource, Option<TempDir>)> {
    let all: Contents<'_> = [(MANIFEST, MANIFEST_TEXT)].iter().chain(contents).copied().collect();
    let under = |prefix: &'static str| {
        archive_of(all.iter().map(|(path, text)| file(&format!("{prefix}{path}"), text))).unwrap()
    };
    let in_memory = all.iter().map(|(path, text)| ((*path).to_owned(), Cow::Owned(text.as_bytes().to_vec())));
    let folder = folder(contents);
    let opened = SnapshotSource::open(folder.path()).unwrap();
    vec![
        ("folder", opened, Some(folder)),
        ("archive", under(""), None),
        ("archive of .", under("./"), None),
        ("archive of a folder", under("my-account/"), None),
        ("in memory", SnapshotSource::from_files(in_memory).unwrap(), None),
    ]
}

#[test]
fn what_a_file_says() {
    type Case<'a> = (&'a str, &'a str, Result<usize, String>, Vec<String>);
    let certificate = r#"{"Arn": "arn:aws:iam::123456789012:server-certificate/a", "ServerCertificateName": "a"}"#;
    let path = "account/iam.server_certificates.json";
    let whole = format!(r#"{{"ServerCertificateMetadataList": [{certificate}]}}"#);
    let marked = format!("\u{feff}{whole}");
    let one_bad = format!(r#"{{"ServerCertificateMetadataList": [{certificate}, {{"Arn": 7}}]}}"#);
    let page = format!(r#"{{"ServerCertificateMetadataList": [{certificate}], "IsTruncated": true}}"#);
    let by_rds = format!(r#"{{"ServerCertificateMetadataList": [{certificate}], "Marker": "b"}}"#);
    let gap = r#"{"$gap": {"kind": "malformed", "message": "AWS said so"}}"#;
    let cut = format!(
        r#"{{"ServerCertificateMetadataList": [{certificate}], "$cut_off": [{{"kind": "throttled", "message": "slow down"}}]}}"#
    );
    let deep = format!(r#"{{"ServerCertificateMetadataList": {}"#, "[".repeat(5000));
    let names = format!(r#"{{"ServerCertificateMetadataList": [{certificate}], "$only": "a"}}"#);
    let misspelt =
        format!(r#"{{"ServerCertificateMetadataList": [{certificate}], "$cutoff": [{{"kind": "throttled"}}]}}"#);
    let cases: [Case<'_>; 16] = [
        ("an answer of AWS's", &whole, Ok(1), vec![]),
        ("a byte order mark before it", &marked, Ok(1), vec![]),
        ("an empty list", r#"{"ServerCertificateMetadataList": []}"#, Ok(0), vec![]),
        (
            "one bad row",
            &one_bad,
            Ok(1),
            vec![format!("malformed: {path}: row 2 could not be understood: invalid type: integer, expected a string")],
        ),
        (
            "a later page",
            &page,
            Ok(1),
            vec![format!("cut_off: {path}: the answer has a later page (IsTruncated) that is not in the snapshot")],
        ),
        (
            "a later page by what RDS calls it",
            &by_rds,
            Ok(1),
            vec![format!("cut_off: {path}: the answer has a later page (Marker) that is not in the snapshot")],
        ),
        ("names that are none", &names, Ok(1), vec![format!("malformed: {path}: $only must be a list of names")]),
        (
            "a member of ours that there is not",
            &misspelt,
            Ok(1),
            vec![format!("malformed: {path}: the member $cutoff is not known")],
        ),
        ("a recorded gap, as it was", gap, Err("malformed: AWS said so".into()), vec![]),
        ("a recorded cut, as it was", &cut, Ok(1), vec!["throttled: slow down".into()]),
        (
            "an empty file",
            "\n",
            Err(format!("malformed: {path} is empty; the command that was to write it may have failed")),
            vec![],
        ),
        (
            "a truncated file",
            "{\"ServerCertificateMetadataList\":\n [{\"Arn\"",
            Err(format!("malformed: {path} is not JSON: EOF while parsing an object at line 2 column 8")),
            vec![],
        ),
        ("another type", "[]", Err(format!("malformed: {path}: the document is not a JSON object")), vec![]),
        (
            "another answer",
            r#"{"Users": []}"#,
            Err(format!("malformed: {path}: the member \"ServerCertificateMetadataList\" is missing")),
            vec![],
        ),
        (
            "no list",
            r#"{"ServerCertificateMetadataList": {}}"#,
            Err(format!("malformed: {path}: the member \"ServerCertificateMetadataList\" is not a list")),
            vec![],
        ),
        (
            "deeper than anybody writes",
            &deep,
            Err(format!("malformed: {path} is not JSON: recursion limit exceeded at line 1 column 161")),
            vec![],
        ),
    ];
    let other = ("account/iam.password_policy.json", r#"{"PasswordPolicy": {"MinimumPasswordLength": 14}}"#);
    for (why, text, rows, cut_off) in cases {
        for (form, source, _folder) in every_form(&[(path, text), other]) {
            let (read, cut) = told(&at_account::<ServerCertificates>(&source));
            assert_eq!((read.map(|rows| rows.len()), cut), (rows.clone(), cut_off.clone()), "{why}, {form}");
            assert_eq!(at_account::<PasswordPolicy>(&source).len(), 1, "{why}, {form}: nothing else is lost");
        }
    }
    let utf_16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = [(MANIFEST.to_owned(), MANIFEST_TEXT.as_bytes().into()), (path.to_owned(), utf_16.into())];
    let source = SnapshotSource::from_files(files).unwrap();
    let (read, _) = told(&at_account::<ServerCertificates>(&source));
    assert_eq!(read, Err(format!("malformed: {path} is written in UTF-16; save it as UTF-8")));
}

#[test]
fn what_had_vanished_is_told_as_it_was() {
    let text = r#"{"ServerCertificateMetadataList": [],
                   "$vanished": [{"kind": "failed", "code": "NoSuchEntity", "message": "gone", "resource": "a"}]}"#;
    for (form, source, _folder) in every_form(&[("account/iam.server_certificates.json", text)]) {
        let table = at_account::<ServerCertificates>(&source);
        let gone: Vec<_> = table.gone().iter().map(|gap| (gap.message.as_str(), gap.region.as_deref())).collect();
        assert_eq!(gone, [("gone", None)], "{form}");
    }
}

#[test]
fn what_is_not_there() {
    let instances =
        r#"{"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}, {"Instances": [{"InstanceId": "i-2"}]}]}"#;
    for (form, source, _folder) in every_form(&[("regions/eu-west-1/ec2.instances.json", instances)]) {
        assert_eq!(in_region::<Instances>(&source, "eu-west-1").len(), 2, "{form}");
        let missing = in_region::<Instances>(&source, "eu-west-2");
        let gap = missing.why_nothing().unwrap();
        assert_eq!(gap.region.as_deref(), Some("eu-west-2"), "{form}");
        assert_eq!(gap.dataset.as_deref(), Some("ec2.instances"), "{form}");
        let text = told(&missing).0.unwrap_err();
        assert_eq!(text, "not_supported: the snapshot has no regions/eu-west-2/ec2.instances.json", "{form}");
        let text = told(&at_account::<UserDetails>(&source)).0.unwrap_err();
        let both = "account/iam.user_details.json and no account/iam.authorization_details.json";
        assert_eq!(text, format!("not_supported: the snapshot has no {both}"), "{form}");
        let text = told(&in_region::<Instances>(&source, "../../etc")).0.unwrap_err();
        assert!(text.starts_with("not_supported: \"../../etc\" cannot be the name"), "{form}: {text}");
        let elsewhere = Request::new(DatasetInfo::of::<Instances>(), Place::region("210987654321", "eu-west-1"));
        let text = told(&block_on(source.fetch(&elsewhere))).0.unwrap_err();
        let nowhere = "accounts/210987654321/regions/eu-west-1/ec2.instances.json";
        let expected = format!("other_account: the snapshot is of account 123456789012 and has no {nowhere}");
        assert_eq!(text, expected, "{form}");
    }
}

#[test]
fn one_answer_holds_rows_of_many_datasets() {
    let user = |name: &str| format!(r#"{{"Arn": "arn:aws:iam::123456789012:user/{name}", "UserName": "{name}"}}"#);
    let shared = format!(
        r#"{{"UserDetailList": [{}], "RoleDetailList": "not a list", "IsTruncated": false, "$read_at": "2026-01-01T00:00:00Z"}}"#,
        user("ann")
    );
    let path = "account/iam.authorization_details.json";
    for (form, source, _folder) in every_form(&[(path, &shared)]) {
        let users = at_account::<UserDetails>(&source);
        assert_eq!((users.len(), users.when_read()), (1, Some("2026-01-01T00:00:00Z".parse().unwrap())), "{form}");
        let roles = told(&at_account::<crate::datasets::iam::RoleDetails>(&source)).0.unwrap_err();
        assert_eq!(roles, format!("malformed: {path}: the member \"RoleDetailList\" is not a list"), "{form}");
        let groups = told(&at_account::<crate::datasets::iam::GroupDetails>(&source)).0.unwrap_err();
        assert_eq!(groups, format!("malformed: {path}: the member \"GroupDetailList\" is missing"), "{form}");
    }
    let own = format!(r#"{{"UserDetailList": [{}, {}]}}"#, user("ann"), user("bob"));
    let truncated = shared.replace("\"IsTruncated\": false", "\"IsTruncated\": true");
    let both = [(path, truncated.as_str()), ("account/iam.user_details.json", own.as_str())];
    for (form, source, _folder) in every_form(&both) {
        let users = at_account::<UserDetails>(&source);
        assert_eq!((users.len(), users.cut_off_by().len()), (2, 0), "{form}: its own file comes first");
    }
    for (form, source, _folder) in every_form(&both[..1]) {
        assert_eq!(at_account::<UserDetails>(&source).cut_off_by().len(), 1, "{form}: the answer goes on");
    }
}

#[test]
fn a_manifest_that_cannot_be_read_is_an_error() {
    let cases = [
        ("not JSON", "{\"format\":", "snapshot.json: it is not JSON: EOF while parsing a value at line 1 column 10"),
        (
            "some other document",
            "{}",
            "snapshot.json: it is not a snapshot's manifest: \"format\" must be \"cis-snapshot\"",
        ),
        (
            "a newer format",
            r#"{"format": "cis-snapshot", "version": 2, "accounts": []}"#,
            "snapshot.json: format version 2 is not known (known: 1 to 1); a newer release may read it",
        ),
        (
            "another type",
            r#"{"format": "cis-snapshot", "version": 1, "account_id": 123456789012}"#,
            "snapshot.json: invalid type: integer `123456789012`, expected a string",
        ),
        (
            "no account id",
            r#"{"format": "cis-snapshot", "version": 1, "account_id": "acme"}"#,
            "snapshot.json: account_id \"acme\" is not 12 digits",
        ),
    ];
    for (why, text, expected) in cases {
        let folder = folder(&[(MANIFEST, text)]);
        for opened in [
            SnapshotSource::open(folder.path()),
            archive_of([file(MANIFEST, text)]),
            SnapshotSource::from_files([(MANIFEST.to_owned(), text.as_bytes().to_vec().into())]),
        ] {
            let error = opened.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Document, "{why}");
            assert!(error.to_string().ends_with(expected), "{why}: {error}");
        }
    }
}

#[test]
fn what_is_no_snapshot_is_an_error_that_names_it() {
    let folder = folder(&[("notes.txt", "hello"), ("empty", "")]);
    let nothing = tempfile::tempdir().unwrap();
    let cases = [
        (folder.path().join("gone"), "there is nothing; name the folder of a snapshot, or its .tar.gz"),
        (nothing.path().to_owned(), "it is not a snapshot: it has no snapshot.json"),
        (folder.path().join(MANIFEST), "it is a JSON document; name the folder that it lies in"),
        (
            folder.path().join("notes.txt"),
            "it is not compressed with gzip; name the folder of a snapshot, or its .tar.gz",
        ),
        (folder.path().join("empty"), "the file is empty; copy it again"),
        ("/dev/null".into(), "it is neither a folder nor a file"),
    ];
    for (path, expected) in cases {
        let error = SnapshotSource::open(&path).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {expected}", path.display()));
        assert_eq!(error.kind(), ErrorKind::Document);
    }
}

#[test]
fn hostile_and_damaged_archives_are_refused() {
    use EntryKind as Kind;
    let manifest = || file(MANIFEST, MANIFEST_TEXT);
    let huge = 10 << 30;
    let linked = |kind| {
        let mut header = Header::new_gnu();
        header.set_path("account/iam.user_details.json").unwrap();
        header.set_link_name("/etc/passwd").unwrap();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    // One whole archive, then cut at every place that matters.
    let whole = gzip(&tar([manifest(), file("account/a.json", &"x".repeat(50_000))]));
    let broken = |change: fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        bytes
    };
    let pax = |text: &str| entry("PaxHeaders/x", Kind::XHeader, text.len() as u64, text.as_bytes());
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "10 GiB declared",
            gzip(&tar([manifest(), entry("account/a.json", Kind::Regular, huge, b"")])),
            "the entry \"account/a.json\" declares 10737418240 bytes, which is more than the limit of 268435456 for one file",
        ),
        (
            "10 GiB declared in a file that is none of ours",
            gzip(&tar([entry("zeros.bin", Kind::Regular, huge, b"")])),
            "the entry \"zeros.bin\" declares 10737418240 bytes",
        ),
        (
            "10 GiB declared behind the header",
            gzip(&tar([pax("20 size=10737418240\n"), file("account/a.json", "")])),
            "the entry \"account/a.json\" declares 10737418240 bytes",
        ),
        (
            "a folder with 10 GiB in it",
            gzip(&tar([entry("account/", Kind::Directory, huge, b"")])),
            "the entry \"account/\" declares 10737418240 bytes",
        ),
        (
            "a name of 2 MiB",
            gzip(&tar([entry("././@LongLink", Kind::GNULongName, 2 << 20, &vec![b'a'; 2 << 20]), manifest()])),
            "the archive is damaged or cut off after the beginning: more than 1048576 bytes follow that are no file's",
        ),
        ("nothing but zeros", gzip(&vec![0; 4 << 20]), "more than 1048576 bytes follow that are no file's"),
        ("..", gzip(&tar([file("../evil.json", "")])), "the entry \"../evil.json\" leads out of the archive"),
        (
            ".. within",
            gzip(&tar([file("account/../../evil.json", "")])),
            "the entry \"account/../../evil.json\" leads out of the archive",
        ),
        (
            ".. behind a long name",
            gzip(&tar([pax("21 path=../evil.json\n"), file("account/a.json", "")])),
            "the entry \"../evil.json\" leads out of the archive",
        ),
        ("an absolute path", gzip(&tar([file("/etc/a.json", "")])), "the entry \"/etc/a.json\" leads out"),
        ("a path of Windows's", gzip(&tar([file("C:/a.json", "")])), "the entry \"C:/a.json\" leads out"),
        ("a way back of Windows's", gzip(&tar([file("a\\..\\b.json", "")])), "leads out of the archive"),
        (
            "a symbolic link",
            gzip(&tar([manifest(), linked(Kind::Symlink)])),
            "the entry \"account/iam.user_details.json\" is a link; a snapshot holds plain files only",
        ),
        ("a hard link", gzip(&tar([manifest(), linked(Kind::Link)])), "user_details.json\" is a link;"),
        ("a device", gzip(&tar([entry("account/a.json", Kind::Char, 0, b"")])), "is a device or a pipe"),
        ("a pipe", gzip(&tar([entry("account/a.json", Kind::Fifo, 0, b"")])), "is a device or a pipe"),
        ("an unknown kind", gzip(&tar([entry("a", Kind::new(b'Z'), 0, b"")])), "is of a kind that no snapshot needs"),
        ("twice the same file", gzip(&tar([manifest(), manifest()])), "\"snapshot.json\" is in the archive twice"),
        (
            "twice, once as ./",
            gzip(&tar([manifest(), file("./snapshot.json", MANIFEST_TEXT)])),
            "\"./snapshot.json\" is in the archive twice",
        ),
        (
            "two snapshots",
            gzip(&tar([file("a/snapshot.json", MANIFEST_TEXT), file("b/snapshot.json", MANIFEST_TEXT)])),
            "the archive holds more than one snapshot, in a/ and in b/; make one archive of each",
        ),
        (
            "no manifest",
            gzip(&tar([file("a/b/snapshot.json", MANIFEST_TEXT)])),
            "it is not a snapshot: the archive has no snapshot.json at its top, nor in one folder there",
        ),
        ("an empty archive", gzip(&tar([])), "it is not a snapshot: the archive has no snapshot.json"),
        ("no tar archive", gzip(&b"x".repeat(600)), "the archive is damaged or cut off after the beginning"),
        (
            "a second archive behind the end",
            gzip(&[tar([manifest()]), tar([file("account/a.json", "{}")])].concat()),
            "damaged or cut off after \"snapshot.json\": there is more behind its end",
        ),
        ("cut in the header", broken(|bytes| bytes.truncate(5)), "cut off after the beginning"),
        ("cut in a file", broken(|bytes| bytes.truncate(bytes.len() / 2)), "cut off after"),
        ("cut in the checksum", broken(|bytes| bytes.truncate(bytes.len() - 4)), "cut off after \"account/a.json\""),
        (
            "a wrong checksum",
            broken(|bytes| {
                let at = bytes.len() - 8;
                bytes[at] ^= 1;
            }),
            "cut off after \"account/a.json\"",
        ),
        (
            "a file that is shorter than it says",
            gzip(&entry("snapshot.json", Kind::Regular, 4096, b"{}")),
            "cut off after \"snapshot.json\": unexpected end of file",
        ),
    ];
    for (why, bytes, expected) in cases {
        let error = open_bytes(&bytes, Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Document, "{why}");
        assert!(error.to_string().contains(expected), "{why}: {error}");
    }
}

#[test]
fn limits_hold() {
    let limits = Limits { file_bytes: 2048, total_bytes: 4096, files: 10 };
    let manifest = || file(MANIFEST, MANIFEST_TEXT);
    let zeros = |name: &str, size: usize| file(name, &"0".repeat(size));
    let archive = |entries: Vec<Vec<u8>>| open_bytes(&gzip(&tar(entries)), limits);
    assert!(archive(vec![manifest(), zeros("account/a.json", 2048)]).is_ok(), "the limit itself is within");
    let many = || (0..10).map(|number| file(&format!("account/{number}.json"), "{}"));
    assert!(archive(many().take(9).chain([manifest()]).collect()).is_ok());
    let cases = [
        (vec![manifest(), zeros("account/a.json", 2049)], "more than the limit of 2048 for one file"),
        (vec![zeros("a.json", 2048), zeros("b.json", 2048), manifest()], "over the limit of 4096 bytes for all files"),
        (many().chain([manifest()]).collect(), "the archive has more entries than the limit of 10"),
    ];
    for (entries, expected) in cases {
        let error = archive(entries).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    let folder = folder(&[("account/iam.server_certificates.json", &" ".repeat(2049))]);
    for number in 0..11 {
        fs::create_dir_all(folder.path().join(format!("regions/eu-west-{number}"))).unwrap();
    }
    let source = SnapshotSource::open_with(folder.path(), limits).unwrap();
    let text = told(&at_account::<ServerCertificates>(&source)).0.unwrap_err();
    let path = "account/iam.server_certificates.json";
    assert_eq!(text, format!("malformed: {path} is larger than the limit of 2048 bytes for one file"));
    let gap = block_on(source.coverage()).unwrap().regions_gap.unwrap();
    assert!(gap.message.contains("does not list the account's regions"), "{gap}");
    let tiny = SnapshotSource::open_with(folder.path(), Limits { file_bytes: 8, ..limits }).unwrap_err();
    assert!(tiny.to_string().ends_with("snapshot.json is larger than the limit of 8 bytes for one file"), "{tiny}");
}

#[test]
fn archives_of_other_programs_open() {
    let text = r#"{"PasswordPolicy": null}"#;
    let long =
        "a-folder-with-a-name-that-is-longer-than-the-one-hundred-bytes-that-an-old-header-of-an-archive-has-room-for";
    let mut builder = tar::Builder::new(Vec::new());
    for (path, text) in [(MANIFEST, MANIFEST_TEXT), ("account/iam.password_policy.json", text)] {
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, format!("{long}/{path}"), text.as_bytes()).unwrap();
    }
    let by_gnu = builder.into_inner().unwrap();
    let record = |text: &str| {
        let length = text.len() + 4;
        format!("{length} {text}\n")
    };
    let policy = || file("account/iam.password_policy.json", text);
    let by_git = tar([
        entry("pax_global_header", EntryKind::XGlobalHeader, 11, b"11 a=bcdef\n"),
        entry("account/", EntryKind::Directory, 0, b""),
        file(MANIFEST, MANIFEST_TEXT),
        policy(),
    ]);
    let time = record("mtime=1700000000.5");
    let by_bsd = tar([
        file("./._snapshot.json", "AppleDouble"),
        entry("PaxHeaders/snapshot.json", EntryKind::XHeader, time.len() as u64, time.as_bytes()),
        file("./snapshot.json", MANIFEST_TEXT),
        file("./account/iam.password_policy.json", text),
        file("./a file of another kind: notes.txt", "hello"),
    ]);
    let (first, second) = by_git.split_at(1536);
    let by_pigz = [gzip(first), gzip(second)].concat();
    let padded = [by_git.clone(), vec![0; 9 * 1024]].concat();
    for (who, bytes) in [
        ("GNU", gzip(&by_gnu)),
        ("git", gzip(&by_git)),
        ("bsd", gzip(&by_bsd)),
        ("pigz", by_pigz),
        ("padded", gzip(&padded)),
    ] {
        let source = open_bytes(&bytes, Limits::default()).unwrap_or_else(|error| panic!("{who}: {error}"));
        let policy = at_account::<PasswordPolicy>(&source);
        assert_eq!(told(&policy), (Ok(vec![]), vec![]), "{who}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_may_not_leave_the_folder() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("secret.json", r#"{"ServerCertificateMetadataList": []}"#)]);
    let inside = folder(&[("account/real.json", r#"{"ServerCertificateMetadataList": []}"#)]);
    let link = inside.path().join("account/iam.server_certificates.json");
    let cases = [
        (
            outside.path().join("secret.json"),
            Err("is a link that leaves the snapshot's folder; put the file itself there"),
        ),
        ("../../secret.json".into(), Err("is a link to nothing")),
        ("/dev/zero".into(), Err("is a link that leaves the snapshot's folder; put the file itself there")),
        (".".into(), Err("is not a file")),
        ("real.json".into(), Ok(vec![])),
    ];
    for (target, expected) in cases {
        symlink(&target, &link).unwrap();
        let source = SnapshotSource::open(inside.path()).unwrap();
        let expected = expected.map_err(|text| format!("malformed: account/iam.server_certificates.json {text}"));
        assert_eq!(told(&at_account::<ServerCertificates>(&source)).0, expected, "{}", target.display());
        fs::remove_file(&link).unwrap();
    }
    symlink(&link, &link).unwrap();
    let source = SnapshotSource::open(inside.path()).unwrap();
    let text = told(&at_account::<ServerCertificates>(&source)).0.unwrap_err();
    assert!(text.starts_with("failed: account/iam.server_certificates.json could not be read: "), "a circle: {text}");

    symlink(outside.path(), inside.path().join("regions")).unwrap();
    let elsewhere = in_region::<Instances>(&source, "eu-west-1");
    assert!(told(&elsewhere).0.unwrap_err().starts_with("not_supported"), "nothing of that name is there");
    fs::create_dir(outside.path().join("eu-west-1")).unwrap();
    fs::write(outside.path().join("eu-west-1/ec2.instances.json"), r#"{"Reservations": []}"#).unwrap();
    let text = told(&in_region::<Instances>(&source, "eu-west-1")).0.unwrap_err();
    assert!(text.contains("leaves the snapshot's folder"), "through a folder as well: {text}");

    fs::remove_file(inside.path().join(MANIFEST)).unwrap();
    symlink(outside.path().join(MANIFEST), inside.path().join(MANIFEST)).unwrap();
    let error = SnapshotSource::open(inside.path()).unwrap_err();
    assert!(error.to_string().contains("snapshot.json is a link that leaves"), "the manifest as well: {error}");

    let way_in = tempfile::tempdir().unwrap();
    symlink(outside.path(), way_in.path().join("snapshot")).unwrap();
    assert!(SnapshotSource::open(&way_in.path().join("snapshot")).is_ok(), "the folder itself may be a link");
}

#[test]
fn regions() {
    let listed = r#"{"Regions": [{"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"},
        {"RegionName": "eu-south-1", "OptInStatus": "opted-in"}, {"RegionName": "af-south-1", "OptInStatus": "not-opted-in"},
        {"RegionName": "me-south-1", "OptInStatus": "something new"}]}"#;
    let (file, instances) = ("account/ec2.regions.json", r#"{"Reservations": []}"#);
    let denied = r#"{"$gap": {"kind": "denied", "code": "AccessDenied", "message": "no"}}"#;
    let page = listed.replace("\"Regions\"", "\"NextToken\": \"x\", \"Regions\"");
    let with = |more: &str| MANIFEST_TEXT.replace('}', &format!(", {more}}}"));
    let manifest =
        with(r#""regions": [{"name": "eu-west-3", "status": "not_enabled"}], "as_of": "2026-01-01T00:00:00Z""#);
    let own_gap = with(r#""partition": "aws-cn", "regions_gap": {"kind": "throttled", "message": "slow"}"#);
    let unlisted =
        "not_supported the snapshot does not list the account's regions: the snapshot has no account/ec2.regions.json";
    let cases: Vec<(&str, Contents<'_>, &str, &str)> = vec![
        ("AWS's list", vec![(file, listed)], "us-east-1 + eu-south-1 + af-south-1 - me-south-1 ?", ""),
        (
            "AWS's list and files of a region that it lacks",
            vec![(file, listed), ("regions/eu-west-1/ec2.instances.json", instances), ("regions/us-east-1/x.json", "")],
            "us-east-1 + eu-south-1 + af-south-1 - me-south-1 ? eu-west-1 +",
            "",
        ),
        (
            "one page of AWS's list",
            vec![(file, &page)],
            "us-east-1 + eu-south-1 + af-south-1 - me-south-1 ?",
            "cut_off account/ec2.regions.json: the answer has a later page (NextToken) that is not in the snapshot",
        ),
        (
            "no list: the folders",
            vec![("regions/eu-west-1/a.json", ""), ("regions/.git/a.json", "")],
            "eu-west-1 +",
            unlisted,
        ),
        ("no list, no folder", vec![], "", unlisted),
        ("a recorded gap", vec![(file, denied), ("regions/eu-west-1/a.json", "")], "eu-west-1 +", "denied no"),
        (
            "a broken list",
            vec![(file, "{"), ("regions/eu-west-1/a.json", "")],
            "eu-west-1 +",
            "malformed account/ec2.regions.json is not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "the manifest decides",
            vec![(file, listed), ("regions/eu-west-1/a.json", ""), (MANIFEST, &manifest)],
            "eu-west-3 -",
            "",
        ),
        ("the manifest's gap", vec![(MANIFEST, &own_gap)], "", "throttled slow"),
    ];
    for (why, contents, regions, gap) in cases {
        let contents: BTreeMap<_, _> = [(MANIFEST, MANIFEST_TEXT)].into_iter().chain(contents).collect();
        let contents: Contents<'_> = contents.into_iter().collect();
        let folder = folder(&contents);
        let archive = archive_of(contents.iter().map(|(path, text)| self::file(path, text))).unwrap();
        for source in [SnapshotSource::open(folder.path()).unwrap(), archive] {
            let coverage = block_on(source.coverage()).unwrap();
            let mark = |region: &Region| match region.status {
                RegionStatus::Enabled => '+',
                RegionStatus::NotEnabled => '-',
                RegionStatus::Unknown => '?',
            };
            let told: Vec<_> =
                coverage.regions.iter().map(|region| format!("{} {}", region.name, mark(region))).collect();
            assert_eq!(told.join(" "), regions, "{why}");
            let kind = |gap: &Gap| format!("{} {}", json_value(&gap.kind).as_str().unwrap(), gap.message);
            assert_eq!(coverage.regions_gap.as_ref().map(kind).unwrap_or_default(), gap, "{why}");
            assert_eq!(coverage.account_id, ACCOUNT);
            assert_eq!(coverage.partition, if why == "the manifest's gap" { "aws-cn" } else { "aws" });
            let as_of = (why == "the manifest decides").then(|| "2026-01-01T00:00:00Z".parse().unwrap());
            assert_eq!(coverage.as_of, as_of, "{why}");
        }
    }
}

#[test]
fn debug_shows_no_contents() {
    let secret = ("account/a.json", "\"hunter2\"");
    for (form, source, _folder) in every_form(&[secret]) {
        let shown = format!("{source:?}");
        assert!(shown.contains(ACCOUNT) && !shown.contains("hunter2"), "{form}: {shown}");
    }
}

/// A row with every kind of field that datasets have.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thing {
    name: String,
    #[serde(default)]
    size: Option<i64>,
    #[serde(default)]
    note: cis_core::Fact<String>,
}

macro_rules! things {
    ($($name:ident, $dataset:literal, $place:ident, $layout:expr;)*) => {$(
        struct $name;
        impl Dataset for $name {
            type Row = Thing;
            const NAME: &'static str = $dataset;
            const PLACE: PlaceKind = PlaceKind::$place;
            const OPERATIONS: &'static [Operation] = &[Operation::named("test:Read")];
            const LAYOUT: Layout = $layout;
        }
    )*};
}

things! {
    Rows, "test.rows", Account, Layout::list(&["rows"]);
    Nested, "test.nested", Region, Layout::list(&["Outer", "Inner"]);
    Quarter, "test.quarter", Account, Layout::list(&["Quarter"]).within("test.whole");
    One, "test.one", Account, Layout::single(&["One"]);
    Whole, "test.document", Region, Layout::single(&[]);
}

fn gaps() -> impl Strategy<Value = Gap> {
    let kinds = prop::sample::select(vec![GapKind::Denied, GapKind::Malformed, GapKind::CutOff, GapKind::Stale]);
    let words = || prop::option::of("[a-zA-Z:. ]{0,8}");
    (kinds, ".{0,20}", words(), words(), words()).prop_map(|(kind, message, code, action, resource)| Gap {
        code,
        action,
        resource,
        ..Gap::new(kind, message)
    })
}

fn tables(most: usize) -> impl Strategy<Value = (Result<Vec<Thing>, Gap>, Vec<Gap>, Option<Timestamp>)> {
    let note = prop_oneof!["[^\\x00]{0,6}".prop_map(cis_core::Fact::Known), gaps().prop_map(cis_core::Fact::from)];
    let thing =
        (".{0,6}", prop::option::of(any::<i64>()), note).prop_map(|(name, size, note)| Thing { name, size, note });
    let rows = prop_oneof![4 => prop::collection::vec(thing, 0..=most).prop_map(Ok), 1 => gaps().prop_map(Err)];
    let time = prop::option::of((0..4_000_000_000_i64).prop_map(|at| Timestamp::from_second(at).unwrap()));
    (rows, prop::collection::vec(gaps(), 0..3), time)
}

fn table<D: Dataset<Row = Thing>>(parts: &(Result<Vec<Thing>, Gap>, Vec<Gap>, Option<Timestamp>)) -> Table {
    let (rows, cut_off, at) = parts.clone();
    let table = match rows {
        Ok(rows) => cut_off.into_iter().fold(Table::rows::<D>(rows), Table::cut_off),
        Err(gap) => Table::gap(gap),
    };
    at.map_or(table.clone(), |at| table.read_at(at))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever the recording layer writes reads back as the same tables.
    #[test]
    fn a_recording_reads_back(
        rows in tables(3), nested in tables(3), quarter in tables(3), one in tables(1), whole in tables(1),
    ) {
        let (account, region) = (Place::account(ACCOUNT), Place::region(ACCOUNT, "eu-west-1"));
        let asked = [
            (DatasetInfo::of::<Rows>(), account.clone(), table::<Rows>(&rows)),
            (DatasetInfo::of::<Nested>(), region.clone(), table::<Nested>(&nested)),
            (DatasetInfo::of::<Quarter>(), account.clone(), table::<Quarter>(&quarter)),
            (DatasetInfo::of::<One>(), account, table::<One>(&one)),
            (DatasetInfo::of::<Whole>(), region, table::<Whole>(&whole)),
        ];
        let memory = MemorySource::new(ACCOUNT)
            .region(Region::enabled("eu-west-1"))
            .region(Region { name: "af-south-1".into(), status: RegionStatus::NotEnabled });
        let memory = asked.iter().fold(memory, |memory, (info, place, table)| {
            memory.put(info.name(), place.clone(), table.clone())
        });
        let as_of: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let record = Record::create(&memory, folder.path().join("s"), as_of).unwrap();
        block_on(record.coverage()).unwrap();
        let only = [Wanted::All, Wanted::names(["a".to_owned()])];
        let requests: Vec<_> = asked.iter().zip(only.iter().cycle())
            .map(|((info, place, _), only)| Request::new(info.clone(), place.clone()).only(only.clone())).collect();
        for request in &requests {
            block_on(record.fetch(request));
        }
        record.finish().unwrap();

        let source = SnapshotSource::open(&folder.path().join("s")).unwrap();
        let coverage = block_on(source.coverage()).unwrap();
        prop_assert_eq!(coverage, Coverage { as_of: Some(as_of), ..block_on(memory.coverage()).unwrap() });
        for ((_, _, written), request) in asked.iter().zip(&requests) {
            let read = block_on(source.fetch(request));
            prop_assert_eq!(read.to_json(), written.to_json());
            prop_assert_eq!(read.cut_off_by(), written.cut_off_by());
            prop_assert_eq!(read.when_read(), written.when_read());
        }
    }
}

#[test]
fn names_that_were_not_asked_for_are_not_there() {
    let contact = r#"{"AlternateContact": null, "$only": ["a"]}"#;
    let folder = folder(&[("account/account.security_alternate_contact.json", contact)]);
    let source = SnapshotSource::open(folder.path()).unwrap();
    let info = DatasetInfo::of::<SecurityAlternateContact>();
    for (only, cut_off) in
        [(Wanted::names(["a".to_owned()]), 0), (Wanted::names(["b".to_owned()]), 1), (Wanted::All, 1)]
    {
        let table = block_on(source.fetch(&Request::new(info.clone(), Place::account(ACCOUNT)).only(only)));
        assert_eq!(table.cut_off_by().len(), cut_off);
        assert!(table.cut_off_by().iter().all(|gap| gap.message.starts_with("account/account.security")));
    }
}

#[test]
fn a_document_that_is_the_row_may_say_that_there_is_none() {
    let path = "account/iam.organizations_features.json";
    for (text, rows) in [
        (json!({"OrganizationId": "o-exampleorgid", "EnabledFeatures": ["RootSessions"]}), 1),
        (json!({}), 0),
        (json!({"$read_at": "2026-01-01T00:00:00Z"}), 0),
    ] {
        let folder = folder(&[(path, &text.to_string())]);
        let table = at_account::<OrganizationsFeatures>(&SnapshotSource::open(folder.path()).unwrap());
        assert_eq!((table.len(), told(&table).1.len()), (rows, 0), "{text}");
    }
}
