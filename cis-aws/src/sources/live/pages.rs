//! Reads a list page by page. The SDK's own paginators take a token that repeats for the end of the list.

use std::collections::BTreeSet;

use cis_core::{Dataset, Gap, Table, gap_text};

use super::gap::Call;

/// What came with one page.
pub(super) struct Page<R> {
    rows: Vec<Result<R, Missing>>,
    next: Next,
}

/// A member that a row cannot do without and that the answer leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing(pub(super) &'static str);

/// What a page says of the one after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// There is none.
    End,
    /// It is to be asked for with this token.
    Token(String),
    /// There is one, and no token to ask for it with.
    Untold,
}

impl Next {
    /// Where a token alone says that there is more.
    pub(super) fn token(token: Option<String>) -> Self {
        token.filter(|token| !token.is_empty()).map_or(Self::End, Self::Token)
    }

    /// IAM's way: `IsTruncated` and `Marker`.
    pub(super) fn marker(is_truncated: bool, marker: Option<String>) -> Self {
        match (is_truncated, Self::token(marker)) {
            (false, _) => Self::End,
            (true, Self::Token(token)) => Self::Token(token),
            (true, _) => Self::Untold,
        }
    }
}

impl<R> Page<R> {
    pub(super) fn new(rows: impl IntoIterator<Item = Result<R, Missing>>, next: Next) -> Self {
        Self { rows: rows.into_iter().collect(), next }
    }
}

/// The rows of a list and what is missing of it.
pub(super) struct Listed<R> {
    pub(super) rows: Vec<R>,
    pub(super) gaps: Vec<Gap>,
    /// Whether no page came at all.
    pub(super) nothing: bool,
}

/// All pages of a list: `page` gives the one of a token, at first of none. Ends at the first page that cannot be had.
pub(super) async fn all<R, F>(call: Call<'_>, mut page: impl FnMut(Option<String>) -> F) -> Listed<R>
where
    F: Future<Output = Result<Page<R>, Gap>>,
{
    let mut listed = Listed { rows: Vec::new(), gaps: Vec::new(), nothing: true };
    let mut seen = BTreeSet::new();
    let mut token = None;
    loop {
        let Page { rows, next } = match page(token).await {
            Ok(page) => page,
            Err(gap) => {
                listed.gaps.push(gap);
                return listed;
            }
        };
        if let Next::Token(token) = &next
            && !seen.insert(token.clone())
        {
            // Its rows may be those of a page that came before, and no resource may count twice.
            listed.gaps.push(call.malformed("the list does not go on: a page token came twice"));
            return listed;
        }
        listed.nothing = false;
        for row in rows {
            match row {
                Ok(row) => listed.rows.push(row),
                Err(Missing(member)) => {
                    let gap = call.malformed(gap_text!("an entry of the list has no {member}"));
                    if !listed.gaps.contains(&gap) {
                        listed.gaps.push(gap);
                    }
                }
            }
        }
        match next {
            Next::End => return listed,
            Next::Token(next) => token = Some(next),
            Next::Untold => {
                listed.gaps.push(call.malformed("the list is cut short: there is more, but no page token for it"));
                return listed;
            }
        }
    }
}

impl<R> Listed<R> {
    /// As a table: the rows that came, cut off by what is missing; only the gap if nothing came.
    pub(super) fn table<D: Dataset<Row = R>>(self) -> Table {
        let mut gaps = self.gaps.into_iter();
        let table = match gaps.next() {
            Some(gap) if self.nothing => Table::gap(gap),
            Some(gap) => Table::rows::<D>(self.rows).cut_off(gap),
            None => Table::rows::<D>(self.rows),
        };
        gaps.fold(table, Table::cut_off)
    }
}

#[cfg(test)]
mod tests {
    use cis_core::DatasetInfo;
    use futures::executor::block_on;

    use super::*;
    use crate::datasets::ec2::Regions;

    /// Runs through pages `(rows, next)`; a page that is not there fails.
    fn walk(pages: &[(&[u32], Next)]) -> (Vec<u32>, Vec<String>, bool, usize) {
        let info = DatasetInfo::of::<Regions>();
        let call = Call::global(&info, "ec2:DescribeRegions");
        let mut asked = 0;
        let listed = block_on(all(call, |token| {
            assert_eq!(token.is_none(), asked == 0);
            let page = pages.get(asked).map(|(rows, next)| {
                let next = match next {
                    Next::End => Next::End,
                    Next::Token(token) => Next::Token(token.clone()),
                    Next::Untold => Next::Untold,
                };
                let rows = rows.iter().map(|&row| if row == 0 { Err(Missing("Arn")) } else { Ok(row) });
                Page::new(rows.collect::<Vec<_>>(), next)
            });
            asked += 1;
            let page = page.ok_or_else(|| call.malformed("denied"));
            async { page }
        }));
        (listed.rows, listed.gaps.into_iter().map(|gap| gap.message).collect(), listed.nothing, asked)
    }

    fn to(token: &str) -> Next {
        Next::Token(token.into())
    }

    #[test]
    fn the_end_is_only_where_the_service_says_so() {
        let none: Vec<String> = Vec::new();
        assert_eq!(walk(&[(&[1], to("a")), (&[], to("b")), (&[2], Next::End)]), (vec![1, 2], none, false, 3));
        let twice = vec!["the list does not go on: a page token came twice".to_owned()];
        assert_eq!(walk(&[(&[1], to("a")), (&[1], to("a"))]), (vec![1], twice.clone(), false, 2));
        let round = walk(&[(&[1], to("a")), (&[2], to("b")), (&[1], to("a"))]);
        assert_eq!(round, (vec![1, 2], twice, false, 3), "a longer round");
        let untold = vec!["the list is cut short: there is more, but no page token for it".to_owned()];
        assert_eq!(walk(&[(&[1], Next::Untold)]), (vec![1], untold, false, 1));
        assert_eq!(walk(&[]), (vec![], vec!["denied".to_owned()], true, 1), "the first page fails");
        assert_eq!(walk(&[(&[1], to("a"))]), (vec![1], vec!["denied".to_owned()], false, 2), "the second fails");
        let nameless = vec!["an entry of the list has no Arn".to_owned()];
        assert_eq!(walk(&[(&[1, 0, 0, 2], Next::End)]), (vec![1, 2], nameless, false, 1), "said once");
    }

    #[test]
    fn what_comes_next() {
        assert_eq!(Next::marker(false, Some("a".into())), Next::End);
        assert_eq!(Next::marker(true, Some("a".into())), to("a"));
        assert_eq!(Next::marker(true, None), Next::Untold);
        assert_eq!(Next::marker(true, Some(String::new())), Next::Untold);
        assert_eq!(Next::token(Some(String::new())), Next::End);
    }
}
