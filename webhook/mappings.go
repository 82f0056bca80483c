package webhook

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
)

// ConfigMapName is the ConfigMap that upstream watches with --watch-config-map,
// and ConfigMapKey what it reads there.
const (
	ConfigMapName = "pod-identity-webhook"
	ConfigMapKey  = "config"
)

// Mappings is what the ConfigMap says: roles for service accounts that have no
// annotation. The zero value is an empty one.
type Mappings struct {
	entries atomic.Pointer[map[string]mapping]
}

// mapping is one entry of the ConfigMap.
type mapping struct {
	RoleARN         string
	Audience        string
	UseRegionalSTS  bool
	TokenExpiration int64
}

// settings are the mapping's. Only the expiration has a default: an audience
// that is not given is empty, which is the API server's own.
func (m mapping) settings(expiration int64) settings {
	return settings{m.RoleARN, m.Audience, m.UseRegionalSTS, or(m.TokenExpiration, expiration)}
}

// Load replaces the mappings by the JSON object of the ConfigMap, whose keys
// are NAMESPACE/NAME. Malformed JSON changes nothing.
func (m *Mappings) Load(config string) error {
	var entries map[string]mapping
	if err := json.Unmarshal([]byte(config), &entries); err != nil {
		return fmt.Errorf("ConfigMap %s: %w", ConfigMapName, err)
	}
	m.entries.Store(&entries)
	return nil
}

// find returns the entry of the service account, or the one of its name in any
// namespace. No other wildcard is one, though upstream's README says so.
func (m *Mappings) find(namespace, name string) (mapping, bool) {
	if entry, ok := m.exact(namespace, name); ok {
		return entry, true
	}
	return m.exact("*", name)
}

func (m *Mappings) exact(namespace, name string) (mapping, bool) {
	if m == nil {
		return mapping{}, false
	}
	entries := m.entries.Load()
	if entries == nil {
		return mapping{}, false
	}
	entry, ok := (*entries)[namespace+"/"+name]
	return entry, ok
}
