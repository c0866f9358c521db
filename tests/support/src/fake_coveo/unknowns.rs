//! Behaviour that Coveo does not document, or documents in several ways: a setting for each, so that tests cover all
//! possibilities.

use serde_json::{Value, json};

/// The fields of an error. Each form is documented for one of Coveo's services or for an OAuth server on the same
/// host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorForm {
    /// `{"message": …, "errorCode": CODE, "requestID": …}`, and the request's ID in the header `X-Request-ID` too.
    ErrorCode,
    /// `{"message": …, "errorCode": CODE}`, and no header.
    WithoutRequestId,
    /// `{"statusCode": …, "message": …}`
    WithoutCode,
    /// `{"detail": …, "code": CODE, "requestId": …}`
    Code,
    /// `{"title": …, "type": CODE, "status": …}`
    Type,
    /// `{"status": …, "title": CODE, "detail": …}`
    Title,
    /// `{"error": "invalid_token", "error_description": …}`
    OAuth,
    Empty,
}

impl ErrorForm {
    pub const ALL: [ErrorForm; 8] = [
        ErrorForm::ErrorCode,
        ErrorForm::WithoutRequestId,
        ErrorForm::WithoutCode,
        ErrorForm::Code,
        ErrorForm::Type,
        ErrorForm::Title,
        ErrorForm::OAuth,
        ErrorForm::Empty,
    ];

    /// The body of an error in this form.
    pub(super) fn body(self, status: u16, code: &str, message: &str, request_id: &str) -> Option<Value> {
        Some(match self {
            ErrorForm::ErrorCode => json!({"message": message, "errorCode": code, "requestID": request_id}),
            ErrorForm::WithoutRequestId => json!({"message": message, "errorCode": code}),
            ErrorForm::WithoutCode => json!({"statusCode": status, "message": message}),
            ErrorForm::Code => json!({"detail": message, "code": code, "requestId": request_id}),
            ErrorForm::Type => json!({"title": message, "type": code, "status": status}),
            ErrorForm::Title => json!({"status": status, "title": code, "detail": message}),
            ErrorForm::OAuth => json!({"error": "invalid_token", "error_description": message}),
            ErrorForm::Empty => return None,
        })
    }

    /// Whether a header repeats the request's ID.
    pub(super) fn has_header(self) -> bool {
        matches!(self, ErrorForm::ErrorCode | ErrorForm::Code)
    }
}

/// The response to a change of a key that does not exist. The response to a read is always 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingKey {
    NotFound(&'static str),
    /// 204, as if it had existed; in bulk too.
    NoContent,
}

/// The response to requests about any other organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherOrganization {
    /// 404 with this code: it does not exist.
    NotFound(&'static str),
    /// 403: it exists, and the token has no access to it.
    Denied,
    /// It exists, every token is valid there without a privilege, and every key seems to be missing.
    Unproven,
}

/// All settings.
#[derive(Clone, Copy, Debug)]
pub struct Unknowns {
    /// The response to a change of a key that does not exist: by default 404 `API_KEY_NOT_FOUND`.
    pub missing_key: MissingKey,
    /// The response to requests about another organization: by default 404 `ORGANIZATION_NOT_FOUND`.
    pub other_organization: OtherOrganization,
    /// Whether the response about a key without a privilege on it is the one about a missing key, instead of 403.
    pub hides_keys: bool,
    /// The status and code of the response to every change, none of which is carried out: a gateway that forwards only
    /// reads.
    pub refused_changes: Option<(u16, &'static str)>,
    /// Whether a refused bulk request has changed the first half of its keys.
    pub partial_bulk: bool,
    /// The status and code of a refused bulk request, when a key does not exist or may not be edited. Only the default
    /// status 412 is documented.
    pub bulk_refusal: (u16, &'static str),
    /// The form of errors with this status, instead of the documented one.
    pub error_form: Option<(u16, ErrorForm)>,
}

impl Default for Unknowns {
    fn default() -> Unknowns {
        Unknowns {
            missing_key: MissingKey::NotFound("API_KEY_NOT_FOUND"),
            other_organization: OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"),
            hides_keys: false,
            refused_changes: None,
            partial_bulk: false,
            bulk_refusal: (412, "PRECONDITION_FAILED"),
            error_form: None,
        }
    }
}

impl Unknowns {
    /// The form of an error; the one of a missing organization is documented.
    pub(super) fn error_form(&self, status: u16, code: &str) -> ErrorForm {
        match (self.error_form, code) {
            (Some((set, form)), _) if set == status => form,
            (_, "ORGANIZATION_NOT_FOUND") => ErrorForm::WithoutRequestId,
            _ => ErrorForm::ErrorCode,
        }
    }
}
