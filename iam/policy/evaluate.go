package policy

// Decide answers a request, without explanation.
func (p *Policies) Decide(r *Request) Decision { return Decision{Statement: -1} }

// Explain is Decide with its explanation.
func (p *Policies) Explain(r *Request) Decision { return Decision{Statement: -1} }
