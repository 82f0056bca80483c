package policy

func suggest(e *Explanation) []Suggestion { return nil }
