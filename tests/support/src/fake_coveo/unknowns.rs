//! What Coveo does not document, or documents in several ways: a setting for each, so that a test can have it
//! whichever way it is.

use serde_json::{Value, json};

/// The fields in which an error stands. Each is documented for one of Coveo's services or another, and so is an
/// OAuth server's on the same host.
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
    /// Nothing at all.
    Empty,
}

impl ErrorForm {
    /// All of them.
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

    /// Whether the request's ID is in a header too.
    pub(super) fn has_header(self) -> bool {
        matches!(self, ErrorForm::ErrorCode | ErrorForm::Code)
    }
}

/// The answer to a change of a key that does not exist. To read one is answered by 404 in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingKey {
    /// 404 with this code.
    NotFound(&'static str),
    /// 204, as if it had been there; in bulk too.
    NoContent,
}

/// The answer to requests in the name of any other organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherOrganization {
    /// 404 with this code: it does not exist.
    NotFound(&'static str),
    /// 403: it exists, and the token has no access to it.
    Denied,
    /// It exists, every token is valid there, none has a privilege, and every key is answered as a missing one.
    Unproven,
}

/// All settings, with the defaults that the builder starts from.
#[derive(Clone, Debug)]
pub(super) struct Unknowns {
    pub missing_key: MissingKey,
    pub other_organization: OtherOrganization,
    pub hides_keys: bool,
    pub partial_bulk: bool,
    pub bulk_refusal: (u16, &'static str),
    /// The form of errors with this status; the last one counts.
    pub error_forms: Vec<(u16, ErrorForm)>,
}

impl Default for Unknowns {
    fn default() -> Unknowns {
        Unknowns {
            missing_key: MissingKey::NotFound("API_KEY_NOT_FOUND"),
            other_organization: OtherOrganization::NotFound("ORGANIZATION_NOT_FOUND"),
            hides_keys: false,
            partial_bulk: false,
            bulk_refusal: (412, "PRECONDITION_FAILED"),
            error_forms: Vec::new(),
        }
    }
}

impl Unknowns {
    /// The form of an error. That of a missing organization is documented.
    pub fn error_form(&self, status: u16, code: &str) -> ErrorForm {
        let set = self.error_forms.iter().rev().find(|(set, _)| *set == status).map(|(_, form)| *form);
        let documented = match code {
            "ORGANIZATION_NOT_FOUND" => ErrorForm::WithoutRequestId,
            _ => ErrorForm::ErrorCode,
        };
        set.unwrap_or(documented)
    }
}
