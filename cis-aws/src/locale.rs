//! Reports in other languages.

use cis_core::{Error, Locale};

/// A file of Fluent messages for each folder of controls, beside what sources, the program and the benchmark say.
#[cfg(feature = "locales")]
const JAPANESE: &[(&str, &str)] = &[
    ("account.ftl", include_str!("../locales/ja/account.ftl")),
    ("benchmark.ftl", include_str!("../locales/ja/benchmark.ftl")),
    ("cli.ftl", include_str!("../locales/ja/cli.ftl")),
    ("cloudtrail.ftl", include_str!("../locales/ja/cloudtrail.ftl")),
    ("config.ftl", include_str!("../locales/ja/config.ftl")),
    ("ebs.ftl", include_str!("../locales/ja/ebs.ftl")),
    ("ec2.ftl", include_str!("../locales/ja/ec2.ftl")),
    ("efs.ftl", include_str!("../locales/ja/efs.ftl")),
    ("gaps.ftl", include_str!("../locales/ja/gaps.ftl")),
    ("iam.ftl", include_str!("../locales/ja/iam.ftl")),
    ("kms.ftl", include_str!("../locales/ja/kms.ftl")),
    ("monitoring.ftl", include_str!("../locales/ja/monitoring.ftl")),
    ("rds.ftl", include_str!("../locales/ja/rds.ftl")),
    ("s3.ftl", include_str!("../locales/ja/s3.ftl")),
    ("securityhub.ftl", include_str!("../locales/ja/securityhub.ftl")),
    ("vpc.ftl", include_str!("../locales/ja/vpc.ftl")),
];

/// The language with this tag, `en` or `ja`, with the messages of our controls and the benchmark's titles. Messages of your own
/// controls, and titles of your own benchmark, come with [`Locale::with_messages`] and [`Locale::with_titles`].
///
/// ```
/// use cis_core::format::{Format, Options};
/// # use cis_core::Scan;
/// # let (benchmark, registry) = (cis_aws::benchmark("2.0.0")?, cis_aws::registry());
/// # let source = cis_aws::sources::demo()?;
/// # let report = futures::executor::block_on(Scan::new(&benchmark, &registry).run(&source))?;
/// let mut options = Options::default();
/// options.locale = cis_aws::locale("ja")?;
/// let mut page = Vec::new();
/// "markdown".parse::<Format>()?.write(&report, &options, &mut page)?;
/// assert!(String::from_utf8(page)?.contains("ルートユーザーに仮想 MFA デバイスが登録されています。ハードウェア MFA デバイスのみにする必要があります。"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The language is not known. Without the feature `locales`, that is every language but English.
pub fn locale(tag: &str) -> Result<Locale, Error> {
    let locale = Locale::of(tag)?;
    #[cfg(feature = "locales")]
    if tag == "ja" {
        let locale = JAPANESE.iter().try_fold(locale, |locale, (file, fluent)| locale.with_messages(file, fluent))?;
        return crate::versions()
            .try_fold(locale, |locale, version| Ok(locale.with_titles(&crate::benchmark(version)?)));
    }
    Ok(locale)
}

#[cfg(test)]
#[cfg(feature = "locales")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use cis_core::{Benchmark, Parameters, Remediation, message_id};
    use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement};
    use proc_macro2::{Delimiter, TokenStream, TokenTree};

    use super::*;

    const HERE: &str = env!("CARGO_MANIFEST_DIR");

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    /// What is told to people somewhere.
    #[derive(Default)]
    struct Told {
        messages: BTreeSet<String>,
        /// The texts of gaps.
        gaps: BTreeSet<String>,
    }

    /// The literals that `msg!`, `gap_text!` and gaps begin with, beside those of tests.
    fn templates(tokens: TokenStream, found: &mut Told) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut skip = false;
        for (n, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            let before = |back: usize| n.checked_sub(back).and_then(|at| tokens.get(at)).map(ToString::to_string);
            if group.delimiter() == Delimiter::Bracket && before(1).as_deref() == Some("#") {
                let attribute = group.stream().to_string().replace(' ', "");
                skip |= attribute.starts_with("cfg(") && attribute.contains("test");
                continue;
            }
            if skip && group.delimiter() == Delimiter::Brace {
                skip = false;
                continue;
            }
            let is = |back: usize, word: &str| before(back).as_deref() == Some(word);
            let literal = |at: usize| {
                let literal = group.stream().into_iter().nth(at)?.to_string();
                syn::parse_str::<syn::LitStr>(&literal).ok().map(|literal| literal.value())
            };
            let after_comma = || group.stream().into_iter().position(|token| token.to_string() == ",").map(|at| at + 1);
            let of_kind = group.stream().into_iter().next().is_some_and(|first| first.to_string() == "GapKind");
            if is(1, "!") && is(2, "msg") {
                found.messages.extend(literal(0));
            } else if is(1, "!") && is(2, "gap_text") || is(1, "malformed") || is(1, "lacks") {
                found.gaps.extend(literal(0).and_then(|text| words_of_gap(&text)));
            } else if (is(1, "new") && is(4, "Gap")) || (is(1, "gap") && of_kind) {
                // The text of a gap stands after its kind.
                found.gaps.extend(after_comma().and_then(literal).and_then(|text| words_of_gap(&text)));
            } else if is(1, "missing") {
                // What is missing stands first or second.
                let what = literal(0).or_else(|| after_comma().and_then(literal));
                found.messages.extend(what.filter(|what| what.contains(' ')));
            }
            templates(group.stream(), found);
        }
    }

    /// What of the text of a gap has words: its template, or of a sentence that says what an answer lacks, what that is. A name of
    /// AWS is nobody's words.
    fn words_of_gap(text: &str) -> Option<String> {
        let template = text.replace(":?}", "}");
        let lacking =
            template.strip_suffix(" is missing from the answer").or_else(|| template.strip_prefix("the answer lacks "));
        match lacking {
            Some(what) if what.contains('{') => Some(template),
            Some(what) => what.contains(' ').then(|| what.to_owned()),
            None => Some(template),
        }
    }

    /// The templates of the sources, by the place where their translations stand.
    /// Besides, those of gaps.
    fn by_file() -> (BTreeMap<String, BTreeSet<String>>, BTreeSet<String>) {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut of_gaps = BTreeSet::new();
        let root = Path::new(HERE).parent().unwrap();
        let mut files = Vec::new();
        for folder in ["cis-core/src", "cis-aws/src", "cis-py/src"] {
            sources(&root.join(folder), &mut files);
        }
        let of_tests = ["tests.rs", "sample.rs", "cases.rs", "testkit/"];
        files.retain(|path| !of_tests.iter().any(|name| path.to_str().unwrap().contains(name)));
        for path in files {
            let mut found = Told::default();
            templates(fs::read_to_string(&path).unwrap().parse().unwrap(), &mut found);
            let path = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let (crate_name, [messages, gaps]) = match path.split('/').collect::<Vec<_>>()[..] {
                ["cis-core", "src", "gap.rs"] | ["cis-core", "src", "format", "unread.rs"] => {
                    ("cis-core", ["gaps", "gaps"])
                }
                ["cis-core", ..] => ("cis-core", ["report", "gaps"]),
                ["cis-py", ..] => ("cis-py", ["python", "python"]),
                ["cis-aws", "src", "controls", service, ..] => ("cis-aws", [service, service]),
                ["cis-aws", "src", "pattern", ..] => ("cis-aws", ["monitoring", "monitoring"]),
                _ => ("cis-aws", ["cli", "gaps"]),
            };
            for (file, found) in [(messages, found.messages), (gaps, found.gaps.clone())] {
                if !found.is_empty() {
                    all.entry(format!("{crate_name}/locales/ja/{file}.ftl")).or_default().extend(found);
                }
            }
            of_gaps.extend(found.gaps);
        }
        let python = all.entry("cis-py/locales/ja/python.ftl".to_owned()).or_default();
        for entry in fs::read_dir(root.join("cis-py/python/cis_aws")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "py") {
                let text = fs::read_to_string(path).unwrap();
                python.extend(text.split("locale.text(").skip(1).filter_map(|call| {
                    let call = call.trim_start();
                    let quote = call.chars().next().filter(|c| ['"', '\''].contains(c))?;
                    Some(call.get(1..)?.split_once(quote)?.0.to_owned())
                }));
            }
        }
        let words = all.entry("cis-aws/locales/ja/benchmark.ftl".to_owned()).or_default();
        for benchmark in crate::versions().map(|version| crate::benchmark(version).unwrap()) {
            words.extend(benchmark.recommendations.iter().map(|one| one.section.clone()));
            words.extend(benchmark.notes.iter().map(|note| note.note.clone()));
            words.extend(benchmark.notes.iter().flat_map(|note| [&note.from, &note.to]).flatten().cloned());
        }
        for (key, remediation) in remediations() {
            let service = key.split('.').next().unwrap();
            let texts = all.entry(format!("cis-aws/locales/ja/{service}.ftl")).or_default();
            texts.extend(remediation.texts().map(str::to_owned));
        }
        let words = all.entry("cis-core/locales/ja/report.ftl".to_owned()).or_default();
        // Of values, and of a gap that names no operation.
        words.extend(["not set", "none"].map(str::to_owned));
        all.entry("cis-core/locales/ja/gaps.ftl".to_owned()).or_default().insert("a read".to_owned());
        (all, of_gaps)
    }

    /// How to put right what each control finds, by its key: with its defaults, and with the parameters of each version.
    fn remediations() -> Vec<(String, Remediation)> {
        let registry = crate::registry();
        let mut wanted: Vec<_> = registry.keys().map(|key| (key.to_owned(), Parameters::new())).collect();
        for benchmark in crate::versions().map(|version| crate::benchmark(version).unwrap()) {
            let all = benchmark.recommendations.iter();
            wanted.extend(all.map(|one| (one.control_key().to_owned(), one.parameters.clone())));
        }
        let told = wanted.into_iter().filter_map(|(key, parameters)| {
            let control = registry.make(&key, &parameters).unwrap()?;
            Some((key, control.remediation()?))
        });
        told.collect()
    }

    /// The names of a template, and whether it has words at all.
    fn names(template: &str) -> (BTreeSet<String>, bool) {
        let mut names = BTreeSet::new();
        let mut words = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            words.push_str(before);
            let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            match after.split_once('}').filter(|(name, _)| is_name(name)) {
                Some((name, after)) => {
                    names.insert(name.to_owned());
                    rest = after;
                }
                None => rest = after,
            }
        }
        words.push_str(rest);
        (names, words.contains(char::is_alphabetic))
    }

    fn variables(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
        let inline = |expression: &InlineExpression<&str>, found: &mut BTreeSet<String>| match expression {
            InlineExpression::VariableReference { id } => {
                found.insert(id.name.to_owned());
            }
            InlineExpression::Placeable { .. } | InlineExpression::FunctionReference { .. } => {
                panic!("the test knows variables alone: {expression:?}")
            }
            _ => {}
        };
        for element in &pattern.elements {
            match element {
                PatternElement::Placeable { expression: Expression::Inline(expression) } => inline(expression, found),
                PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                    inline(selector, found);
                    for variant in variants {
                        variables(&variant.value, found);
                    }
                }
                PatternElement::TextElement { .. } => {}
            }
        }
    }

    /// The template that the attribute `english` has.
    fn english(message: &Message<&str>) -> Option<String> {
        let attribute = message.attributes.iter().find(|attribute| attribute.id.name == "english")?;
        let told = attribute.value.elements.iter().map(|element| match element {
            PatternElement::TextElement { value } => (*value).to_owned(),
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::VariableReference { id }),
            } => format!("{{{}}}", id.name),
            PatternElement::Placeable { .. } => panic!("{}: a template has text and values alone", message.id.name),
        });
        Some(told.collect())
    }

    /// The messages of a catalogue's files: by id, the file, the variables and the template that stands beside it.
    fn catalogue() -> BTreeMap<String, (String, BTreeSet<String>, Option<String>)> {
        let mut all = BTreeMap::new();
        for folder in ["../cis-core/locales/ja", "locales/ja", "../cis-py/locales/ja"] {
            let crate_name = if folder.starts_with("..") { &folder[3..] } else { "cis-aws/locales/ja" };
            for entry in fs::read_dir(Path::new(HERE).join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                let text = fs::read_to_string(&path).unwrap();
                for entry in fluent_syntax::parser::parse(&*text).unwrap().body {
                    let Entry::Message(message) = entry else { continue };
                    let mut found = BTreeSet::new();
                    variables(message.value.as_ref().unwrap(), &mut found);
                    let id = message.id.name.to_owned();
                    let before = all.insert(id.clone(), (format!("{crate_name}/{name}"), found, english(&message)));
                    assert!(before.is_none(), "{id} stands in {name} and {before:?}");
                }
            }
        }
        all
    }

    #[test]
    fn every_message_has_a_translation() {
        let catalogue = catalogue();
        let (mut used, mut wrong) = (BTreeSet::new(), Vec::new());
        let mut by_id: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
        let (by_file, of_gaps) = by_file();
        assert!(by_file.values().map(BTreeSet::len).sum::<usize>() > 400, "the sources are found");
        for (file, templates) in by_file {
            for template in templates {
                let (id, (wanted, has_words)) = (message_id(&template), names(&template));
                if let Some((other, names)) = by_id.insert(id.clone(), (template.clone(), wanted.clone()))
                    && (names != wanted || words(&other) != words(&template))
                {
                    wrong.push(format!("{other:?} and {template:?} have one id, {id}: say one of them otherwise"));
                }
                match catalogue.get(&id) {
                    None if has_words => {
                        let names: Vec<_> = wanted.iter().map(|name| format!("{{ ${name} }}")).collect();
                        wrong.push(format!(
                            "no translation of {template:?}; add to {file}:\n{id} = … {}",
                            names.join(" … ")
                        ));
                    }
                    Some((file, found, _)) if *found != wanted => {
                        wrong.push(format!("{file}: {id} has the values {found:?}; its template has {wanted:?}"));
                    }
                    Some((file, _, beside)) => {
                        // By this a sentence with its values is known again.
                        let needed = (of_gaps.contains(&template) && !wanted.is_empty()).then_some(&template);
                        if beside.as_ref() != needed {
                            let fluent = template.replace('{', "{ $").replace('}', " }");
                            wrong.push(format!(
                                "{file}: {id} must have .english = {fluent} if it is of a gap, else none"
                            ));
                        }
                    }
                    None => {}
                }
                used.insert(id);
            }
        }
        for (id, (file, ..)) in &catalogue {
            // How a list is joined, which is no message.
            if !used.contains(id) {
                wrong.push(format!("{file}: no message has the id {id}; take its line out"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_remediation_in_japanese_is_filled_as_the_english_one() {
        let locale = locale("ja").unwrap();
        let all = remediations();
        assert!(all.len() > 100, "{}", all.len());
        for (key, english) in all {
            let japanese = locale.remediation(&english);
            assert_eq!((&japanese.values, japanese.faults()), (&english.values, Vec::new()), "{key}");
            for (english, japanese) in english.texts().zip(japanese.texts()) {
                assert!(!japanese.is_ascii(), "{key}: {english}");
                assert_eq!(names(japanese).0, names(english).0, "{key}: {english}");
            }
        }
    }

    /// The letters of a template.
    fn words(template: &str) -> String {
        template.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "")
    }

    #[test]
    fn every_title_has_a_translation() {
        let locale = locale("ja").unwrap();
        for benchmark in crate::versions().map(|version| crate::benchmark(version).unwrap()) {
            let Benchmark { version, recommendations, .. } = benchmark;
            for one in recommendations {
                assert!(one.title_in.contains_key("ja"), "{version}: {} has no title_in.ja", one.id);
                assert!(locale.title(&one.title) != one.title, "{version}: {}", one.id);
            }
        }
    }

    #[test]
    fn every_file_is_listed() {
        let listed: BTreeSet<_> = JAPANESE.iter().map(|(name, _)| (*name).to_owned()).collect();
        let there = fs::read_dir(Path::new(HERE).join("locales/ja")).unwrap();
        let there: BTreeSet<_> = there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(listed, there);
    }

    /// The commands and the code of a README, without comments.
    fn commands(readme: &str) -> Vec<String> {
        let blocks = readme.split("```").skip(1).step_by(2).flat_map(str::lines);
        let code = blocks.map(|line| line.split(" #").next().and_then(|line| line.split(" // ").next()));
        code.flatten().map(|line| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn both_readmes_name_the_same_commands() {
        let root = Path::new(HERE).parent().unwrap();
        let [english, japanese] =
            ["README.md", "README.ja.md"].map(|name| fs::read_to_string(root.join(name)).unwrap());
        let told = commands(&english);
        assert!(told.len() > 30, "{told:?}");
        assert_eq!(commands(&japanese), told);
        assert!(english.contains("(README.ja.md)") && japanese.contains("(README.md)"));
    }
}
