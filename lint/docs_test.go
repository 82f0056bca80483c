package lint_test

// docsHead is what docs/lint.md says before its list of rules.
const docsHead = `# irsatz lint

` + "`irsatz lint FILE…`" + ` reads policy documents critically: it says what AWS would refuse, in AWS's words, and what AWS takes
but does not do as it seems to say. No server is needed.

` + "```" + `
irsatz lint trust.json policy.yaml setup.yaml
irsatz lint --kind bucket bucket-policy.json
irsatz lint --fail-on warning -o sarif policies/*.json > lint.sarif
` + "```" + `

A file holds policy documents as JSON or YAML, or manifests as ` + "`irsatz serve -f`" + ` loads them, of which every policy document
is read, ` + "`file://`" + ` references too. So is what the AWS CLI prints of ` + "`get-policy-version`, `get-role-policy`, `get-role` and\n`get-bucket-policy`" + `. ` + "`-`" + ` is standard input. ` + "`--kind`" + ` says what plain documents are: ` + "`identity`, `trust`, `bucket`, `session`,\n`boundary`, `scp` or `rcp`" + `.
` + "`auto`" + `, the default, tells identity, trust and bucket policies apart by what they say; in manifests the kind is known.

` + "`-o`" + ` is ` + "`text`, `json` or `sarif`" + ` (2.1.0). The exit status is 0 if there is no finding of the severity ` + "`--fail-on`" + ` names
(default ` + "`error`" + `; or ` + "`warning`, `info`" + `) or a worse one, 1 if there is, and 2 if the command line makes no sense.

## Rules

An *error* is refused by AWS, has no effect, or opens the door to everybody; a *warning* is probably not what is meant; an
*info* is worth a thought. Ids are for ever. The actions, resources and condition keys that exist are those of AWS's Service
Authorization Reference as it was when irsatz was built; it has gaps, which is why some rules warn where they are not sure.

| Id | Name | Severity | What it finds |
|---|---|---|---|
`
