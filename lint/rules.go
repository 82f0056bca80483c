package lint

// refusedID is the rule that tells AWS's own refusals.
const refusedID = "IRS001"

// rule is a row of the table: what it is, and the function that looks at a
// document or at one statement.
type rule struct {
	Rule
	document  func(*checker, *document)
	statement func(*checker, *document, *statement)
}

// table is every rule there is. Ids are for ever: one that goes is not used
// again.
var table = []rule{
	{Rule: Rule{refusedID, "document-refused", Error, "AWS refuses the document when it is written. The message is AWS's own."}, document: documentRefused},
	{Rule: Rule{"IRS002", "trust-without-audience", Warning, "A trust policy lets web identity tokens in without a condition on the issuer's `:aud`. Any audience that the provider lists is good enough then."}, statement: trustWithoutAudience},
	{Rule: Rule{"IRS003", "trust-without-subject", Error, "A trust policy lets web identity tokens in without a condition on the issuer's `:sub`. Every service account of the cluster, or every repository of the forge, may assume the role."}, statement: trustWithoutSubject},
	{Rule: Rule{"IRS004", "subject-any", Error, "The condition on the subject fits every subject, such as `*` or `system:serviceaccount:*`."}, statement: subjectAny},
	{Rule: Rule{"IRS005", "subject-any-namespace", Warning, "The namespace in the subject has a wildcard: who may create a namespace of a fitting name may assume the role."}, statement: subjectAnyNamespace},
	{Rule: Rule{"IRS006", "literal-wildcard", Error, "`StringEquals` compares text as it is: a `*` in its value stands for a star and for nothing else."}, statement: literalWildcard},
	{Rule: Rule{"IRS007", "key-with-scheme", Error, "A condition key begins with `https://`. The keys of an issuer have its URL without the scheme; with it, the key is in no request."}, statement: keyWithScheme},
	{Rule: Rule{"IRS008", "issuer-key-differs", Error, "The issuer in a condition key is not that of the statement's Federated principal, so the key is in no request of its tokens."}, statement: issuerKeyDiffers},
	{Rule: Rule{"IRS009", "federated-not-a-provider", Error, "The Federated principal of `sts:AssumeRoleWithWebIdentity` is not the ARN of an OIDC provider. IAM takes it, and no token ever matches."}, statement: federatedNotProvider},
	{Rule: Rule{"IRS010", "assume-role-federated", Error, "A Federated principal is allowed `sts:AssumeRole`, which it never calls: a token is brought to `sts:AssumeRoleWithWebIdentity`."}, statement: assumeRoleFederated},
	{Rule: Rule{"IRS011", "web-identity-not-federated", Error, "`sts:AssumeRoleWithWebIdentity` is allowed to principals that are not Federated, who never call it."}, statement: webIdentityNotFederated},
	{Rule: Rule{"IRS012", "unknown-action", Error, "No action of AWS has this name, or fits this pattern. IAM takes it, and it never matches. It is a warning where no action of a like name is known."}, statement: unknownAction},
	{Rule: Rule{"IRS013", "operation-not-action", Error, "The name is that of an API operation or a command, and no action. IAM takes it, and it never matches."}, statement: operationNotAction},
	{Rule: Rule{"IRS014", "unknown-key", Error, "AWS has no condition key of this name. IAM takes it, and it is in no request. It is a warning where no key of a like name is known."}, statement: unknownKey},
	{Rule: Rule{"IRS015", "key-never-present", Warning, "No request for these actions by these callers has the condition key."}, statement: keyNeverPresent},
	{Rule: Rule{"IRS016", "for-all-values-without-null", Warning, "`ForAllValues` holds where the key is absent. With Allow that is a hole, unless `Null` with `false` stands beside it."}, statement: forAllValues},
	{Rule: Rule{"IRS017", "set-operator-missing", Warning, "The condition key can have several values, and the operator is for one."}, statement: setOperatorMissing},
	{Rule: Rule{"IRS018", "set-operator-needless", Warning, "The operator is for sets, and the condition key has one value. `ForAllValues` then only adds that the key may be absent."}, statement: setOperatorNeedless},
	{Rule: Rule{"IRS019", "action-resource-mismatch", Error, "The action cannot act on any of the statement's resources, such as an object action on the ARN of a bucket. It is a warning for services that are not known in detail."}, statement: actionResource},
	{Rule: Rule{"IRS020", "action-needs-star", Error, "The action acts on no resource in particular: only `\"Resource\": \"*\"` covers it. It is a warning for services other than S3."}, statement: actionNeedsStar},
	{Rule: Rule{"IRS021", "statement-repeated", Warning, "The statement says what an earlier one says."}, document: statementRepeated},
	{Rule: Rule{"IRS022", "allow-always-denied", Warning, "A Deny of the document covers the Allow wholly, so that it never has an effect."}, document: allowAlwaysDenied},
	{Rule: Rule{"IRS023", "allow-already-allowed", Info, "Another Allow of the document covers the Allow wholly, so that it adds nothing."}, document: allowAlreadyAllowed},
	{Rule: Rule{"IRS024", "not-principal-allow", Error, "`NotPrincipal` with Allow lets everybody else in, anonymous callers too."}, statement: notPrincipalAllow},
	{Rule: Rule{"IRS025", "not-action-allow", Warning, "`NotAction` with Allow grants every other action of AWS, those to come too."}, statement: notActionAllow},
	{Rule: Rule{"IRS026", "not-resource-allow", Warning, "`NotResource` with Allow grants the actions on everything else."}, statement: notResourceAllow},
	{Rule: Rule{"IRS027", "write-everywhere", Info, "Actions that write are allowed on every resource, though they could be given some."}, statement: writeEverywhere},
	{Rule: Rule{"IRS028", "administrator", Warning, "Every action is allowed on every resource."}, statement: administrator},
	{Rule: Rule{"IRS029", "variables-in-2008", Error, "A document without Version 2012-10-17 does not know policy variables: `${…}` is plain text in it."}, document: variablesIn2008},
	{Rule: Rule{"IRS030", "variable-not-expanded", Error, "Policy variables are expanded in the last part of resources and in the values of String, Arn and Bool conditions; elsewhere they are plain text."}, statement: variableNotExpanded},
	{Rule: Rule{"IRS031", "s3-arn-with-region", Error, "The ARNs of buckets and objects have neither region nor account. With one, they match nothing."}, statement: s3ARNWithRegion},
	{Rule: Rule{"IRS032", "sid-repeated", Error, "Statement ids must differ within a document."}, document: sidRepeated},
	{Rule: Rule{"IRS033", "operator-for-another-type", Warning, "The operator is not for the type of the condition key, such as `StringEquals` for the IP address `aws:SourceIp`."}, statement: operatorType},
	{Rule: Rule{"IRS034", "document-too-large", Error, "The document is larger than AWS takes, white space not counted. It is a warning where a role would take it as an inline policy."}, document: documentTooLarge},
	{Rule: Rule{"IRS035", "public-bucket", Warning, "A bucket policy allows everybody in the world, without a condition."}, statement: publicBucket},
	{Rule: Rule{"IRS036", "trust-everyone", Error, "A trust policy lets every AWS account assume the role, without a condition."}, statement: trustEveryone},
	{Rule: Rule{"IRS037", "value-never-matches", Error, "A condition's value is not of the operator's type, such as `maybe` for Bool, so that it never matches."}, statement: valueNeverMatches},
}
