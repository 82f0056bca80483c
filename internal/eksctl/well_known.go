package eksctl

import (
	"bytes"
	"embed"
	"encoding/json"
)

// policies are eksctl's own policy documents; see NOTICE.
//
//go:embed policies/*.json
var policies embed.FS

// wellKnownPolicy is what one of wellKnownPolicies stands for.
type wellKnownPolicy struct {
	managed []string // ARNs
	inline  []string // names of documents, which end the names of the policies
}

var wellKnown = map[string]wellKnownPolicy{
	"imageBuilder":              {managed: []string{"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser"}},
	"autoScaler":                {inline: []string{"PolicyAutoScaling"}},
	"awsLoadBalancerController": {inline: []string{"PolicyAWSLoadBalancerController"}},
	"externalDNS":               {inline: []string{"PolicyExternalDNSChangeSet", "PolicyExternalDNSHostedZones"}},
	"certManager":               {inline: []string{"PolicyCertManagerChangeSet", "PolicyCertManagerGetChange", "PolicyCertManagerHostedZones"}},
	"ebsCSIController":          {managed: []string{"arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"}},
	"efsCSIController":          {inline: []string{"PolicyEFSCSIController"}},
}

// WellKnownPolicies returns the names that wellKnownPolicies of a ClusterConfig
// may have, in the order in which eksctl attaches what they stand for.
func WellKnownPolicies() []string {
	return []string{"imageBuilder", "autoScaler", "awsLoadBalancerController", "externalDNS", "certManager", "ebsCSIController", "efsCSIController"}
}

// compact takes the blanks out of an embedded document.
func compact(document []byte) []byte {
	var b bytes.Buffer
	if err := json.Compact(&b, document); err != nil {
		panic("eksctl: an embedded policy is no JSON: " + err.Error())
	}
	return b.Bytes()
}
