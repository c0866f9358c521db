//! One JSON object per key, as `doc/result.schema.json` describes it.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::coveo::api_key::ApiKey;
use crate::coveo::ids::KeyId;
use crate::coveo::key_result::KeyResult;
use crate::coveo::key_status::KeyStatus;
use crate::coveo::token::AccessToken;
use crate::durations::format_time;
use crate::output::context::ReportContext;
use crate::output::explain;
use crate::output::key_summary::text;

/// Returns the object for `key` on one line. It isn't built with `serde_json`, so that the fields keep this order.
pub fn line(context: &ReportContext, key: &KeyId, result: &KeyResult) -> String {
    let response = result.response();
    let attempts = result.attempts.as_ref();
    format!(
        r#"{{"keyId":{},"organizationId":{},"action":{},"outcome":{},"httpStatus":{},"errorCode":{},"message":{},"requestId":{},"attempts":{},"elapsedMs":{},"key":{},"time":{}}}"#,
        value(key.as_str()),
        value(context.organization.as_str()),
        value(context.verb()),
        value(result.outcome().name()),
        value(response.map(|response| response.status)),
        value(response.and_then(|response| response.code.as_deref())),
        value(explain::message(context, result)),
        value(response.and_then(|response| response.request_id.as_deref())),
        attempts.map_or(0, |attempts| attempts.count()),
        attempts.map_or(0, |attempts| attempts.elapsed.as_millis()),
        result.key.as_ref().map_or_else(|| "null".to_owned(), |key| key_object(key, context.token)),
        value(format_time(SystemTime::now())),
    )
}

fn value(value: impl Into<serde_json::Value>) -> String {
    value.into().to_string()
}

fn key_object(key: &ApiKey, token: &AccessToken) -> String {
    let clean = |field: &Option<Cow<str>>| value(text(field, token));
    format!(
        r#"{{"displayName":{},"status":{},"createdDate":{},"lastUsedDate":{},"expirationDate":{},"disabledDate":{},"description":{},"createdBy":{},"exposed":{},"value":{}}}"#,
        clean(&key.display_name),
        value(key.status.as_ref().map(KeyStatus::as_str)),
        value(key.created.to_rfc3339()),
        value(key.last_used.to_rfc3339()),
        value(key.expiration.to_rfc3339()),
        value(key.disabled.to_rfc3339()),
        clean(&key.description),
        clean(&key.created_by),
        value(key.is_exposed()),
        clean(&key.masked_value().map(Cow::Borrowed)),
    )
}
