// Package deploy is irsatz in a cluster: its manifests, as kubectl and helm take
// them from here, and as others do from Kustomize.
package deploy

import "embed"

// Kustomize holds the kustomize base, in the folder kustomize. Its
// kustomization is for kubectl; who renders it otherwise does what that says.
//
//go:embed kustomize/*.yaml
var Kustomize embed.FS
