//! URLs: which are asked, and where a redirect may lead.

use ureq::http::{HeaderValue, StatusCode};
use url::Url;

use super::error::{FetchError, UrlFault, UrlProblem};
use crate::input::without_userinfo;

/// The longest URL asked, in bytes: what common servers take as a request line (RFC 9110, 4.1 asks for 8000).
const LENGTH_LIMIT: usize = 8000;

/// Reads a URL that may be fetched; its fragment is dropped.
pub(in crate::wire) fn read(text: &str) -> Result<Url, FetchError> {
    let problem = |problem| FetchError::Url {
        // A password in a URL must not travel on into a log.
        url: shown(&without_userinfo(text)),
        problem,
    };
    if text.len() > LENGTH_LIMIT {
        return Err(problem(UrlProblem::TooLong {
            length: text.len(),
            limit: LENGTH_LIMIT,
        }));
    }
    let mut url =
        Url::parse(text).map_err(|source| problem(UrlProblem::Malformed(UrlFault::of(source))))?;
    check(&url).map_err(problem)?;
    url.set_fragment(None);
    Ok(url)
}

/// Where a redirect leads.
pub(super) fn follow(
    from: &Url,
    location: Option<&HeaderValue>,
    status: StatusCode,
) -> Result<Url, FetchError> {
    let nowhere = |location: String| FetchError::RedirectNowhere {
        status: status.as_u16(),
        from: from.to_string(),
        location,
    };
    let Some(location) = location else {
        return Err(nowhere(String::new()));
    };
    let text = String::from_utf8_lossy(location.as_bytes());
    let Ok(mut to) = from.join(&text) else {
        return Err(nowhere(shown(&text)));
    };
    if text.len() > LENGTH_LIMIT {
        return Err(nowhere(shown(&text)));
    }
    if !is_web(&to) || from.scheme() == "https" && to.scheme() == "http" {
        return Err(FetchError::RedirectScheme {
            from: from.to_string(),
            to: shown(&without_userinfo(to.as_str())),
        });
    }
    if check(&to).is_err() {
        return Err(nowhere(shown(&without_userinfo(to.as_str()))));
    }
    to.set_fragment(None);
    Ok(to)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn check(url: &Url) -> Result<(), UrlProblem> {
    if !is_web(url) {
        return Err(UrlProblem::Scheme {
            found: url.scheme().to_owned(),
        });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::UserInfo);
    }
    Ok(())
}

/// The beginning of a stranger's text, fit for a sentence.
fn shown(text: &str) -> String {
    const SHOWN: usize = 200;
    let mut shown: String = text.escape_debug().take(SHOWN).collect();
    if shown.len() < text.len() && shown.chars().count() == SHOWN {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn led(from: &str, to: &'static str) -> Result<String, FetchError> {
        let location = HeaderValue::from_static(to);
        follow(&read(from).unwrap(), Some(&location), StatusCode::FOUND).map(Into::into)
    }

    #[test]
    fn a_url_with_a_password_is_refused_without_repeating_it() {
        for url in [
            "http://user:secret@crl.example/a.crl",
            "http:///user:secret@crl.example/a.crl",
        ] {
            let error = read(url).unwrap_err();
            assert!(matches!(
                error,
                FetchError::Url {
                    problem: UrlProblem::UserInfo,
                    ..
                }
            ));
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
        // Nor is it where there is no such port.
        let error = read("http://user:secret@crl.example:99999/a.crl").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"));
    }

    #[test]
    fn only_http_and_https_are_asked() {
        for url in ["file:///etc/passwd", "ftp://crl.example/", "ldap://x/cn=a"] {
            assert!(matches!(
                read(url),
                Err(FetchError::Url {
                    problem: UrlProblem::Scheme { .. },
                    ..
                })
            ));
        }
        assert!(read("crl.example/a.crl").is_err());
        assert!(read("http://").is_err());
        assert!(read(&format!("http://a/{}", "x".repeat(9000))).is_err());
    }

    #[test]
    fn relative_redirects_are_resolved() {
        let from = "http://a.example/b/c.crl?d";
        assert_eq!(led(from, "/x").unwrap(), "http://a.example/x");
        assert_eq!(led(from, "x").unwrap(), "http://a.example/b/x");
        assert_eq!(led(from, "../x").unwrap(), "http://a.example/x");
        assert_eq!(led(from, "//b.example/x").unwrap(), "http://b.example/x");
        assert_eq!(
            led(from, "https://b.example/").unwrap(),
            "https://b.example/"
        );
    }

    #[test]
    fn redirects_never_leave_the_web_and_never_lose_tls() {
        let refused = |from, to| matches!(led(from, to), Err(FetchError::RedirectScheme { .. }));
        assert!(refused("http://a.example/", "file:///etc/passwd"));
        assert!(refused("https://a.example/", "http://a.example/"));
        assert!(!refused("https://a.example/", "/b"));
    }

    #[test]
    fn a_redirect_with_credentials_or_without_a_place_leads_nowhere() {
        let nowhere = |result| matches!(result, Err(FetchError::RedirectNowhere { .. }));
        assert!(nowhere(led("http://a.example/", "http://u:p@b.example/")));
        assert!(nowhere(led("http://a.example/", "http://[")));
        let from = read("http://a.example/").unwrap();
        assert!(matches!(
            follow(&from, None, StatusCode::FOUND),
            Err(FetchError::RedirectNowhere { .. })
        ));
    }
}
