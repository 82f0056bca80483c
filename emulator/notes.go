package emulator

import (
	"fmt"

	"github.com/irsatz/irsatz/iam"
	"github.com/irsatz/irsatz/manifest"
)

// Notes returns what there is to say about a state that whoever read it could
// not know: that AWS managed policies are others here than where it comes from.
func Notes(state *manifest.State) []manifest.Note {
	var notes []manifest.Note
	for _, p := range state.AWSPolicies {
		ours, err := awsPolicy(&p)
		switch {
		case err != nil:
			notes = append(notes, manifest.Note{Pos: p.Pos, Text: fmt.Sprintf("irsatz does not have the AWS managed policy %s, which is taken from here", p.Name)})
		case ours.VersionID != p.DefaultVersion:
			notes = append(notes, manifest.Note{Pos: p.Pos, Text: fmt.Sprintf(
				"the AWS managed policy %s is %s of %s here, not %s", p.Name, ours.VersionID, ours.Updated.Format("2006-01-02"), p.DefaultVersion)})
		}
	}
	return notes
}

// awsPolicy returns the AWS managed policy as this build has it.
func awsPolicy(p *manifest.Policy) (*iam.ManagedPolicy, error) {
	var none iam.Snapshot // which has those policies without any state
	return none.ManagedPolicy("arn:aws:iam::aws:policy" + p.Path + p.Name)
}

func hasAWSPolicy(p *manifest.Policy) bool {
	_, err := awsPolicy(p)
	return err == nil
}
