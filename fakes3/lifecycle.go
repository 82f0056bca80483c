package fakes3

import (
	"time"

	"github.com/irsatz/irsatz/internal/awsapi"
	"github.com/irsatz/irsatz/internal/shape"
)

const (
	mostRules = 1000
	maxRuleID = 255

	// The smallest object that moves to another class is said in a header beside
	// the document.
	minimumSize     = "X-Amz-Transition-Default-Minimum-Object-Size"
	minimumSizeOf   = "lifecycle/minimum-size" // the name of the document
	minimumSize128K = "all_storage_classes_128K"
)

// checkLifecycle makes the checks of PutBucketLifecycleConfiguration and gives
// every rule an id.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
func checkLifecycle(x *exchange, e *shape.Element) *awsapi.Error {
	rules := e.All("Rule")
	if len(rules) > mostRules {
		return malformedXML()
	}
	seen := make(map[string]bool)
	for _, rule := range rules {
		if err := checkRule(rule); err != nil {
			return err
		}
		id := rule.Get("ID")
		switch {
		case id == "":
			rule.Set("ID", x.store.id(48))
		case len(id) > maxRuleID:
			return invalidArgument("ID length should not exceed allowed limit of 255", "ID", id)
		case seen[id]:
			return invalidArgument("Rule ID must be unique. Found same ID for more than one rule", "ID", id)
		}
		seen[id] = true
	}
	switch v := x.header.Get(minimumSize); v {
	case "", minimumSize128K, "varies_by_storage_class":
		return nil
	default:
		return invalidRequest("Invalid TransitionDefaultMinimumObjectSize found: " + v)
	}
}

func checkRule(rule *shape.Element) *awsapi.Error {
	acts := false
	for _, name := range [...]string{"Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition", "AbortIncompleteMultipartUpload"} {
		for _, action := range rule.All(name) {
			if err := checkAction(name, action); err != nil {
				return err
			}
			acts = true
		}
	}
	filter := rule.Find("Filter")
	switch {
	case !acts:
		return invalidRequest("At least one action needs to be specified in a rule")
	case (filter == nil) == (rule.Find("Prefix") == nil), filter != nil && len(filter.Children) > 1:
		return malformedXML()
	}
	keys := make(map[string]bool)
	for _, tag := range filter.Find("And").All("Tag") {
		key := tag.Get("Key")
		if keys[key] {
			return invalidRequest("Duplicate Tag Keys are not allowed.")
		}
		keys[key] = true
	}
	return nil
}

// checkAction checks what a rule does: when, and in one way.
func checkAction(name string, action *shape.Element) *awsapi.Error {
	ways := 0
	for _, way := range [...]string{"Date", "Days", "ExpiredObjectDeleteMarker"} {
		if action.Find(way) != nil {
			ways++
		}
	}
	switch {
	case (name == "Expiration" || name == "Transition") && ways != 1,
		name == "NoncurrentVersionExpiration" && len(action.Children) == 0:
		return malformedXML()
	}
	if date := action.Get("Date"); date != "" {
		if t, err := shape.ParseDate(date); err != nil || !t.Equal(t.Truncate(24*time.Hour)) {
			return invalidArgument("'Date' must be at midnight GMT", "Date", date)
		}
	}
	if name == "Expiration" && action.Get("Days") == "0" {
		return invalidArgument("'Days' for Expiration action must be a positive integer", "Days", "0")
	}
	return nil
}

// putLifecycle serves PutBucketLifecycleConfiguration.
func (x *exchange) putLifecycle() *awsapi.Error {
	size := x.header.Get(minimumSize)
	if size == "" {
		size = minimumSize128K
	}
	return x.storeConfiguration(func(s *settings) {
		s.documents[minimumSizeOf] = []byte(size)
		x.w.Header().Set(minimumSize, size)
	})
}

// getLifecycle serves GetBucketLifecycleConfiguration.
func (x *exchange) getLifecycle() *awsapi.Error {
	if size := x.settings.documents[minimumSizeOf]; size != nil {
		x.w.Header().Set(minimumSize, string(size))
	}
	return x.getConfiguration()
}
