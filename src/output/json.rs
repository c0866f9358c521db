//! One JSON object per key, as `doc/result.schema.json` describes it.

use crate::coveo::api_key::ApiKey;
use crate::coveo::ids::KeyId;
use crate::output::report::{KeyReport, ReportContext};
use crate::output::text::Text;

/// The object for `key`, on one line. By hand, so that the fields keep their order, which is a promise.
pub fn line(subject: &ReportContext, key: &KeyId, entry: &KeyReport) -> String {
    let response = entry.evidence().response();
    format!(
        r#"{{"keyId":{},"organizationId":{},"action":{},"outcome":{},"httpStatus":{},"errorCode":{},"message":{},"requestId":{},"attempts":{},"elapsedMs":{},"key":{}}}"#,
        value(key.as_str()),
        value(subject.organization.as_str()),
        value(subject.action.verb()),
        value(entry.outcome(subject).name()),
        value(response.map(|response| response.status)),
        value(response.and_then(|response| response.code.as_deref())),
        value(Text::new(*subject).message(entry)),
        value(response.and_then(|response| response.request_id.as_deref())),
        entry.effort().map_or(0, |effort| effort.attempts()),
        entry.effort().map_or(0, |effort| effort.elapsed.as_millis()),
        entry.key().map_or_else(|| "null".to_owned(), |key| key_object(key, subject)),
    )
}

fn value(value: impl Into<serde_json::Value>) -> String {
    value.into().to_string()
}

/// What was read of a key.
fn key_object(key: &ApiKey, subject: &ReportContext) -> String {
    let name = key.display_name.as_deref().map(|name| subject.token.sanitize_and_redact(name));
    let name = name.filter(|name| !name.is_empty());
    format!(
        r#"{{"displayName":{},"status":{},"createdDate":{},"lastUsedDate":{},"expirationDate":{},"disabledDate":{}}}"#,
        value(name),
        value(key.status.as_deref()),
        value(key.created.to_rfc3339()),
        value(key.last_used.to_rfc3339()),
        value(key.expiration.to_rfc3339()),
        value(key.disabled.to_rfc3339()),
    )
}
