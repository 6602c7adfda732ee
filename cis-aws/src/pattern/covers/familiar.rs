//! Values of CloudTrail's fields that a reader of a counterexample knows.

use super::super::selector::Selector;

/// Values to try in the place of an invented one; the first that fits is taken.
pub(super) fn values(selector: &Selector) -> &'static [&'static str] {
    match selector.path().as_str() {
        "awsRegion" => &["eu-west-1", "us-east-1"],
        "errorCode" => &["AccessDeniedException", "Client.UnauthorizedOperation", "ThrottlingException"],
        "eventCategory" => &["Management"],
        "eventName" => &["DescribeInstances", "ListUsers"],
        "eventSource" => &["ec2.amazonaws.com", "iam.amazonaws.com"],
        "eventType" => &["AwsApiCall", "AwsConsoleAction"],
        "recipientAccountId" | "userIdentity.accountId" => &["111122223333", "444455556666"],
        "sourceIPAddress" => &["198.51.100.7", "cloudformation.amazonaws.com"],
        "userIdentity.arn" => &["arn:aws:iam::111122223333:user/example"],
        "userIdentity.invokedBy" => &["cloudformation.amazonaws.com"],
        "userIdentity.type" => &["IAMUser", "AssumedRole"],
        "userIdentity.userName" => &["example"],
        _ => &[],
    }
}
