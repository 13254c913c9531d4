package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A TopicMessage is one message of a recording's topic. Its bytes are valid until the function that gets it returns.
type TopicMessage struct {
	Type, Encoding string // as the recording has them
	Schema         []byte // the type's definition; empty: there is none
	Data           []byte
	LogNS          int64 // when it was received
}

// EachMessage gives visit the messages of a topic of the task's recording, by receive time, in one reading pass. That the
// recording has no such topic is an error whose cause is [fs.ErrNotExist].
func (t Task) EachMessage(ctx context.Context, topic string, visit func(TopicMessage) error) error {
	if p, absent := t.OnlyIndexed(); absent {
		return errors.New(p.Text)
	}
	recorded, is := t.frames.source.(interface {
		EachOf(ctx context.Context, topic string, visit func(bag.Topic, bag.Entry, []byte) error) (found bool, err error)
	})
	if !is {
		return fmt.Errorf("bag %s is not a recording, and has no topics", wording.Safe(t.Bag))
	}
	found, err := recorded.EachOf(ctx, topic, func(of bag.Topic, e bag.Entry, data []byte) error {
		return visit(TopicMessage{Type: of.Type, Encoding: of.Encoding, Schema: of.Schema, Data: data, LogNS: e.LogNS})
	})
	if err == nil && !found {
		return noTopicError{topic}
	}
	return err
}

type noTopicError struct{ topic string }

func (e noTopicError) Error() string {
	return fmt.Sprintf("the recording has no topic %s", wording.Safe(e.topic))
}

func (e noTopicError) Is(target error) bool { return target == fs.ErrNotExist }
