package diag

// A Hint is advice as data: what to do, and with what. internal/advice puts it into words.
// It can be compared with ==.
type Hint struct {
	Action Action
	Args   [2]string // what the action's comment names, in that order
}

// An Action is what a [Hint] proposes.
type Action int

// The actions, with their arguments.
const (
	NoHint   Action = iota
	Verbatim        // text: advice that is already in words, such as a saved plan keeps
	actions
)

// Actions is every action that has words.
func Actions() []Action {
	all := make([]Action, 0, actions)
	for a := NoHint + 1; a < actions; a++ {
		all = append(all, a)
	}
	return all
}

// Do makes a hint of an action and its arguments, at most two.
func Do(a Action, args ...string) Hint {
	h := Hint{Action: a}
	copy(h.Args[:], args)
	return h
}
