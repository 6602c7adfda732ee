
data "aws_iam_policy_document" "cis_aws_auditSUFFIX" {
  statement {
    sid = "CisAwsAudit"
    actions = [
ACTIONS
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "cis_aws_auditSUFFIX" {
  name   = "cis-aws-auditNAME"
  policy = data.aws_iam_policy_document.cis_aws_auditSUFFIX.json
}

resource "aws_iam_role_policy_attachment" "cis_aws_auditSUFFIX" {
  role       = aws_iam_role.cis_aws_audit.name
  policy_arn = aws_iam_policy.cis_aws_auditSUFFIX.arn
}
