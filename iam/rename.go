package iam

import "fmt"

// rename puts another name in the place of a principal in every trust policy, of
// whatever account, that names it.
func (d *Draft) rename(principal, to string) error {
	for id := range d.next.accounts {
		for _, r := range d.next.account(id).roles {
			if !r.Trust.Document.Names(principal) {
				continue
			}
			document, err := r.Trust.Document.Rename(principal, to)
			if err != nil {
				return fmt.Errorf("trust policy of %s: %w", r.ARN, err)
			}
			renamed := *r
			renamed.own()
			renamed.Trust.Document = document
			if _, err := d.putRole(d.account(id), &renamed); err != nil {
				return err
			}
		}
	}
	return nil
}
