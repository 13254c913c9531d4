package api

// A labelSpec is a label as a client writes it.
type labelSpec struct {
	id                     *int
	name, color, kind, svg string
	deleted                bool
	attributes             []attributeSpec
	sublabels              []labelSpec
}

// An attributeSpec is an attribute as a client writes it.
type attributeSpec struct {
	attributeJSON
	deleted   bool
	defaulted bool // default_value was sent
}

// labels reads a list of labels. CVAT checks names, types and lengths, and takes
// colours, defaults and number ranges as they come (A19).
func (f *form) labels(field string) []labelSpec {
	v, there := f.body[field]
	if !there {
		return nil
	}
	if v == nil {
		f.fail(field, mayNotBeNull)
		return nil
	}
	list, isList := v.([]any)
	if !isList {
		f.errs = append(f.errs, fieldError{field, notAList(v)})
		return nil
	}
	var specs []labelSpec
	errs, bad := []fieldErrors{}, false
	for _, item := range list {
		object, is := item.(map[string]any)
		inner := form{body: object}
		if is {
			specs = append(specs, inner.label())
		} else {
			inner.fail("non_field_errors", "Invalid data. Expected a dictionary, but got %s.", pythonType(item))
		}
		errs = append(errs, append(fieldErrors{}, inner.errs...))
		bad = bad || len(inner.errs) > 0
	}
	if bad {
		f.errs = append(f.errs, fieldError{field, errs})
	}
	return specs
}

func (f *form) label() labelSpec {
	l := labelSpec{kind: ""}
	if id, ok := number(f.body["id"]); ok {
		l.id = &id
	}
	l.name, _ = f.text("name", text{max: 64, required: l.id == nil})
	l.color, _ = f.text("color", text{blank: true})
	l.kind, _ = f.choice("type", labelTypes...)
	l.svg, _ = f.text("svg", text{blank: true})
	if d, _ := f.truth("deleted"); d {
		l.deleted = true
	}
	l.attributes = f.attributes()
	l.sublabels = f.labels("sublabels")
	return l
}

var errDuplicateLabel = listed("All label names must be unique")

func (f *form) attributes() []attributeSpec {
	list, _ := f.body["attributes"].([]any)
	var all []attributeSpec
	errs, bad := []fieldErrors{}, false
	for _, item := range list {
		object, _ := item.(map[string]any)
		inner := form{body: object}
		all = append(all, inner.attribute())
		errs = append(errs, append(fieldErrors{}, inner.errs...))
		bad = bad || len(inner.errs) > 0
	}
	if bad {
		f.errs = append(f.errs, fieldError{"attributes", errs})
	}
	return all
}

func (f *form) attribute() (a attributeSpec) {
	a.deleted, _ = f.truth("deleted")
	a.ID, _ = number(f.body["id"])
	a.Name, _ = f.text("name", text{max: 64, required: true})
	if _, there := f.body["mutable"]; !there {
		f.fail("mutable", "This field is required.")
	}
	a.Mutable, _ = f.truth("mutable")
	if _, there := f.body["input_type"]; !there {
		f.fail("input_type", "This field is required.")
	}
	a.InputType, _ = f.choice("input_type", inputTypes...)
	a.Default, a.defaulted = f.text("default_value", text{max: 128, blank: true})
	if _, there := f.body["values"]; !there {
		f.fail("values", "This field is required.")
	}
	values, _ := f.texts("values")
	a.Values = append([]string{}, values...)
	return a
}
