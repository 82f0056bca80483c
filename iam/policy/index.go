package policy

import "strings"

// wordBits is how many statements a word of a set has room for.
const wordBits = 64

// fewStatements is how many statements are asked one by one sooner than through
// an index.
const fewStatements = 6

// index finds the statements of a document that can be about a question. It
// knows actions and resources by their hashes, so it may find some that are not,
// but it never misses one.
type index struct {
	anyAction   statementSet // NotAction, "*"
	services    map[uint32]statementSet
	actions     map[uint32]statementSet
	anyResource statementSet // NotResource, none, and what begins with a wildcard
	resources   map[uint32]statementSet
}

// statementSet has a bit for each statement of a document.
type statementSet []uint64

func newStatementSet(n int) statementSet {
	return make(statementSet, (n+wordBits-1)/wordBits)
}

func (s statementSet) add(i int) { s[i/wordBits] |= 1 << (i % wordBits) }

// hashes are those of a question.
type hashes struct {
	service, action    uint32
	vendorBit, nameBit uint64 // one bit for each of them
	resource           uint32 // made when the first index is asked
	resourceMade       bool
	all                bool // the question is too odd for an index
}

// newIndex makes the index, or none for a short document.
func newIndex(statements []statement) *index {
	n := len(statements)
	if n <= fewStatements {
		return nil
	}
	x := &index{
		anyAction: newStatementSet(n), services: map[uint32]statementSet{}, actions: map[uint32]statementSet{},
		anyResource: newStatementSet(n), resources: map[uint32]statementSet{},
	}
	add := func(sets map[uint32]statementSet, hash uint32, i int) {
		if sets[hash] == nil {
			sets[hash] = newStatementSet(n)
		}
		sets[hash].add(i)
	}
	for i := range statements {
		s := &statements[i]
		if s.actions.not || s.actions.any {
			x.anyAction.add(i)
		}
		for _, name := range s.actions.exact {
			add(x.actions, hashText(hashSeed, name), i)
		}
		for _, w := range s.actions.wild {
			add(x.services, hashText(hashSeed, w.service), i)
		}
		hashed, ok := s.resources.hashes()
		if !ok {
			x.anyResource.add(i)
			continue
		}
		for _, h := range hashed {
			add(x.resources, h, i)
		}
	}
	return x
}

// hashes are those of all resources; it fails if one has none, or stands for
// resources of many hashes.
func (r *resourceSet) hashes() (all []uint32, ok bool) {
	if r == nil || r.not {
		return nil, false
	}
	for i := range r.patterns {
		head, name, literal := r.patterns[i].pattern.Literal()
		if !literal || !plainASCII(head) {
			return nil, false
		}
		all = append(all, hashText(keyHash(head), name))
	}
	return all, true
}

// hash hashes the action of a question.
func (q *question) hash() {
	h := &q.hashes
	h.service = hashText(hashSeed, q.service)
	h.action = hashText(h.service, q.action[len(q.service):])
	h.vendorBit, h.nameBit = hashBit(h.service), hashBit(h.action)
}

// hashResource hashes its resource. A name whose letters without case are not
// only ASCII's is not to be found by its hash.
func (q *question) hashResource() {
	head, name := q.resource.Literal()
	q.hashes.resource, q.hashes.resourceMade = hashText(keyHash(head), name), true
	q.hashes.all = !plainASCII(head)
}

// indexes reports whether the question is to be looked up in the document's
// index. One that is recorded asks every statement.
func (q *question) indexes(d *Document) bool {
	if d.index == nil || q.recorder != nil {
		return false
	}
	if !q.hashes.resourceMade {
		q.hashResource()
	}
	return !q.hashes.all
}

// shortlist is the statements that are worth asking.
type shortlist struct {
	anyAction, services, actions, anyResource, resources statementSet
}

// shortlist looks a question up.
func (x *index) shortlist(q *question) shortlist {
	return shortlist{
		anyAction: x.anyAction, services: x.services[q.hashes.service], actions: x.actions[q.hashes.action],
		anyResource: x.anyResource, resources: x.resources[q.hashes.resource],
	}
}

// word is the w-th word of the list.
func (l *shortlist) word(w int) uint64 {
	return (l.anyAction[w] | l.services.word(w) | l.actions.word(w)) & (l.anyResource[w] | l.resources.word(w))
}

// word is the w-th word of a set; one that is nil is empty.
func (s statementSet) word(w int) uint64 {
	if s == nil {
		return 0
	}
	return s[w]
}

// hashSeed and hashPrime are those of FNV-1a.
const (
	hashSeed  = 2166136261
	hashPrime = 16777619
)

// hashText goes on with a hash.
func hashText(h uint32, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * hashPrime
	}
	return h
}

// hashBit is one of 64 bits.
func hashBit(h uint32) uint64 { return 1 << (h % wordBits) }

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// inlineAction is the longest action that is brought into lower case without
// allocating: none of AWS's is longer.
const inlineAction = 96

// appendLower appends s in lower case.
func appendLower(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80:
			return append(b[:0], strings.ToLower(s)...)
		case 'A' <= c && c <= 'Z':
			b = append(b, c+'a'-'A')
		default:
			b = append(b, c)
		}
	}
	return b
}
