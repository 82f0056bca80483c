package fakes3

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/shape"
)

// Values of ObjectOwnership.
const (
	ownerEnforced  = "BucketOwnerEnforced"
	ownerPreferred = "BucketOwnerPreferred"
	objectWriter   = "ObjectWriter"
)

// effects are what the documents of a bucket bring about, read once.
type effects struct {
	access        publicAccess
	ownership     string // of objects
	cors          []corsRule
	encryption    storage.Encryption // of objects stored without a word about it
	allowsSSEC    bool
	requesterPays bool
	locks         bool // object lock is on
	retention     lockRule
	abac          bool // tags of the bucket count in policies
}

// publicAccess are the four switches of Block Public Access.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
type publicAccess struct{ blockACLs, ignoreACLs, blockPolicy, restrict bool }

// effectsOf reads the documents that have effects. A bucket without ownership
// controls is one from before there were any.
func effectsOf(documents map[string][]byte) (e effects, err error) {
	e.ownership, e.encryption.Algorithm = objectWriter, sseS3
	for _, c := range [...]struct {
		name  string
		shape shape.Shape
		read  func(*shape.Element)
	}{
		{blockDocument, publicAccessShape, e.readPublicAccess},
		{"ownershipControls", ownershipShape, func(d *shape.Element) { e.ownership = d.Get("Rule", "ObjectOwnership") }},
		{"cors", corsShape, e.readCORS},
		{"encryption", encryptionShape, e.readEncryption},
		{"object-lock", lockShape, e.readLock},
		{"requestPayment", paymentShape, func(d *shape.Element) { e.requesterPays = d.Get("Payer") == "Requester" }},
		{"abac", abacShape, func(d *shape.Element) { e.abac = d.Get("Status") == "Enabled" }},
	} {
		body, ok := documents[c.name]
		if !ok {
			continue
		}
		d, err := c.shape.Read(body, xmlNamespace)
		if err != nil {
			return e, fmt.Errorf("configuration %s: %w", c.name, err)
		}
		c.read(d)
	}
	return e, nil
}

func (e *effects) readPublicAccess(d *shape.Element) {
	on := func(name string) bool { v, _ := strconv.ParseBool(d.Get(name)); return v }
	e.access = publicAccess{on("BlockPublicAcls"), on("IgnorePublicAcls"), on("BlockPublicPolicy"), on("RestrictPublicBuckets")}
}

func (e *effects) readEncryption(d *shape.Element) {
	rule := d.Find("Rule")
	if by := rule.Find("ApplyServerSideEncryptionByDefault"); by != nil {
		e.encryption = storage.Encryption{Algorithm: by.Get("SSEAlgorithm"), KeyID: by.Get("KMSMasterKeyID"), BucketKey: rule.Get("BucketKeyEnabled") == "true"}
	}
	// Since April 2026 keys of customers are refused unless they are asked for.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-s3-c-encryption-setting-faq.html
	e.allowsSSEC = slices.Contains(rule.Find("BlockedEncryptionTypes").Texts("EncryptionType"), "NONE")
}
