# A role that may read what an audit against BENCHMARK needs, and nothing else.
# Whoever audits assumes it; the external id keeps others from using the auditor's service for it.

variable "auditor_arn" {
  description = "ARN of the user, role or account root that audits"
  type        = string
}

variable "external_id" {
  description = "What the auditor gives as external id when it assumes the role"
  type        = string
}

data "aws_iam_policy_document" "cis_aws_audit_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.auditor_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
  }
}

resource "aws_iam_role" "cis_aws_audit" {
  name               = "cis-aws-audit"
  description        = "Read-only audit against BENCHMARK"
  assume_role_policy = data.aws_iam_policy_document.cis_aws_audit_trust.json
}
