package contract

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

const formatImages = "CVAT for images 1.1"

// export asks for an export without images, and waits for its end.
func (c *scene) export(what string) (request object) {
	c.t.Helper()
	e := c.raw(c.t, "POST", what+"/dataset/export?format="+url.QueryEscape(formatImages)+"&save_images=false", "")
	e.want(c.t, 202, "")
	id, _ := decoded(e.body).(object)["rq_id"].(string)
	for c.t.Context().Err() == nil {
		e := c.raw(c.t, "GET", "/api/requests/"+url.PathEscape(id), "")
		e.want(c.t, 200, "")
		request, _ = decoded(e.body).(object)
		if request["status"] == "finished" || request["status"] == "failed" {
			return request
		}
		c.wait(c.t.Context())
	}
	c.t.Fatal("the export does not end")
	return nil
}

// images are the images of an export, without its head.
func (c *scene) images(what string) []node {
	c.t.Helper()
	r := c.export(what)
	if r["status"] != "finished" {
		c.t.Fatalf("%v", r)
	}
	link, err := url.Parse(r["result_url"].(string))
	if err != nil {
		c.t.Fatal(err)
	}
	e := c.raw(c.t, "GET", link.RequestURI(), "")
	e.want(c.t, 200, "")
	z, err := zip.NewReader(strings.NewReader(e.whole), int64(len(e.whole)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "annotations.xml" {
		c.t.Fatalf("%v, %v", z, err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		c.t.Fatal(err)
	}
	return imagesOf(c.t, string(data))
}

// A node is an XML element.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

func imagesOf(t *testing.T, document string) []node {
	t.Helper()
	var root node
	if err := xml.Unmarshal([]byte(document), &root); err != nil {
		t.Fatalf("%v in %.500s", err, document)
	}
	var images []node
	for _, n := range root.Children {
		if n.XMLName.Local == "image" {
			images = append(images, n.trimmed())
		}
	}
	return images
}

// trimmed takes off the blanks between elements.
func (n node) trimmed() node {
	if len(n.Children) > 0 || strings.TrimSpace(n.Text) == "" {
		n.Text = ""
	}
	for i := range n.Children {
		n.Children[i] = n.Children[i].trimmed()
	}
	return n
}

// wantImages compares an export's images; those that want leaves out must be empty.
func (c *scene) wantImages(got []node, want string) {
	c.t.Helper()
	var full []node
	for _, n := range got {
		if len(n.Children) > 0 {
			full = append(full, n)
		}
	}
	if diff := cmp.Diff(imagesOf(c.t, "<x>"+want+"</x>"), full); diff != "" {
		c.t.Error(diff)
	}
}

// drawn is an image of the scene in an export, with what is on it.
func drawn(number int, content ...string) string {
	return fmt.Sprintf(`<image id="%d" name="frame_%04d.jpg" width="48" height="32">%s</image>`, number, number, strings.Join(content, ""))
}

var exportQuestions = []question{
	{190, "the export for images has shapes of every type, with two decimals, the lower layers first", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		c.put(object{"shapes": append(everyShape(), box(0, object{"label": "car", "attributes": []object{{"attribute": "color", "value": "<&\">"}}})), "tags": []object{{"frame": 2, "label": "night", "group": 3, "source": "auto"}}})
		got := c.images(fmt.Sprintf("/api/tasks/%d", c.task))
		if len(got) != 10 {
			t.Errorf("%d images", len(got))
		}
		c.wantImages(got, strings.Join([]string{
			drawn(0, `<box label="car" source="manual" occluded="0" xtl="1.00" ytl="2.00" xbr="30.00" ybr="20.00" z_order="0"><attribute name="color">&lt;&amp;"&gt;</attribute><attribute name="lights">false</attribute></box>`,
				`<box label="bike" source="auto" occluded="1" xtl="1.50" ytl="2.00" xbr="0.33" ybr="20.25" rotation="33.30" z_order="2" group_id="1"></box>`),
			drawn(1, `<polygon label="bike" source="manual" occluded="0" points="0.00,0.00;10.00,0.00;10.00,10.00" z_order="0"></polygon>`),
			drawn(2, fmt.Sprintf(`<polyline label="bike" source="manual" occluded="0" points="0.00,0.00;10.00,%.2f" z_order="-5"></polyline>`, 1e300), `<tag label="night" source="auto" group_id="3"></tag>`),
			drawn(3, `<points label="bike" source="manual" occluded="0" points="5.00,5.00;6.00,6.00" z_order="0"></points>`),
			drawn(4, `<ellipse label="bike" source="manual" occluded="0" cx="20.00" cy="20.00" rx="10.00" ry="10.00" rotation="90.00" z_order="0"></ellipse>`),
			drawn(5, `<cuboid label="bike" source="manual" occluded="0" xtl1="1.00" ytl1="1.00" xbl1="1.00" ybl1="10.00" xtr1="20.00" ytr1="1.00" xbr1="20.00" ybr1="10.00" xtl2="25.00" ytl2="2.00" xbl2="25.00" ybl2="11.00" xtr2="5.00" ytr2="2.00" xbr2="5.00" ybr2="11.00" z_order="0"></cuboid>`),
			drawn(6, `<mask label="bike" source="manual" occluded="0" rle="0, 4, 4, 1, 2" left="1" top="1" width="3" height="3" z_order="0"></mask>`),
			drawn(7, `<skeleton label="body" source="manual" z_order="0"><points label="head" source="manual" outside="0" occluded="0" points="3.00,3.00"></points><points label="foot" source="manual" outside="1" occluded="0" points="9.00,9.00"></points></skeleton>`),
		}, ""))
	}},
	{191, "the export for images has a track on each frame from its first keyframe until it is outside, places computed in between", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		c.put(object{"tracks": []object{{"frame": 2, "label": "car", "group": 2, "shapes": []object{
			{"type": "rectangle", "frame": 2, "points": []float64{0, 0, 6, 6}, "rotation": 350, "occluded": true, "attributes": []object{{"attribute": "lights", "value": "true"}}},
			{"type": "rectangle", "frame": 5, "points": []float64{6, 3, 12, 9}, "rotation": 20},
			{"type": "rectangle", "frame": 7, "points": []float64{6, 3, 12, 9}, "outside": true},
		}}}})
		at := func(frame int, rest string) string {
			return drawn(frame, `<box label="car" source="manual" `+rest+` group_id="2"><attribute name="lights">true</attribute><attribute name="color">red</attribute></box>`)
		}
		c.wantImages(c.images(fmt.Sprintf("/api/tasks/%d", c.task)), strings.Join([]string{
			at(2, `occluded="1" xtl="0.00" ytl="0.00" xbr="6.00" ybr="6.00" rotation="350.00" z_order="0"`),
			at(3, `occluded="1" xtl="2.00" ytl="1.00" xbr="8.00" ybr="7.00" z_order="0"`),
			at(4, `occluded="1" xtl="4.00" ytl="2.00" xbr="10.00" ybr="8.00" rotation="10.00" z_order="0"`),
			at(5, `occluded="0" xtl="6.00" ytl="3.00" xbr="12.00" ybr="9.00" rotation="20.00" z_order="0"`),
			at(6, `occluded="0" xtl="6.00" ytl="3.00" xbr="12.00" ybr="9.00" rotation="10.00" z_order="0"`),
		}, ""))
	}},
	{192, "an outline of another number of points is computed by the share of its length", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		c.put(object{"tracks": []object{
			{"frame": 0, "label": "bike", "shapes": []object{
				{"type": "polygon", "frame": 0, "points": []float64{0, 0, 20, 0, 20, 20, 0, 20}},
				{"type": "polygon", "frame": 2, "points": []float64{4, 4, 24, 4, 24, 14, 24, 24, 4, 24}},
				{"type": "polygon", "frame": 3, "points": []float64{4, 4, 24, 4, 4, 24}, "outside": true},
			}},
			{"frame": 4, "label": "bike", "shapes": []object{
				{"type": "polyline", "frame": 4, "points": []float64{0, 0, 10, 0, 30, 0}},
				{"type": "polyline", "frame": 6, "points": []float64{0, 10, 30, 10}},
				{"type": "polyline", "frame": 7, "points": []float64{0, 10, 30, 10}, "outside": true},
			}},
			{"frame": 8, "label": "bike", "shapes": []object{
				{"type": "points", "frame": 8, "points": []float64{0, 0, 2, 2}}, {"type": "points", "frame": 10, "points": []float64{8, 8, 9, 9}},
			}},
		}})
		outline := func(name, points string) string {
			return `<` + name + ` label="bike" source="manual" occluded="0" points="` + points + `" z_order="0"></` + name + `>`
		}
		c.wantImages(c.images(fmt.Sprintf("/api/tasks/%d", c.task)), strings.Join([]string{
			drawn(0, outline("polygon", "0.00,0.00;20.00,0.00;20.00,20.00;0.00,20.00")),
			drawn(1, outline("polygon", "2.00,2.00;22.00,2.00;22.00,7.00;22.00,22.00;2.00,22.00")),
			drawn(2, outline("polygon", "4.00,4.00;24.00,4.00;24.00,14.00;24.00,24.00;4.00,24.00")),
			drawn(4, outline("polyline", "0.00,0.00;10.00,0.00;30.00,0.00")),
			drawn(5, outline("polyline", "0.00,5.00;5.00,5.00;30.00,5.00")),
			drawn(6, outline("polyline", "0.00,10.00;30.00,10.00")),
			drawn(8, outline("points", "0.00,0.00;2.00,2.00")),
			drawn(9, outline("points", "0.00,0.00;2.00,2.00")),
		}, ""))
	}},
	{193, "hidden frames are not exported, and keyframes on them count for nothing", func(t *testing.T, s *suite) {
		c := s.newScene(t, 10, 0)
		s.raw(t, "PATCH", fmt.Sprintf("/api/tasks/%d/data/meta", c.task), `{"deleted_frames":[1,2]}`).want(t, 200, "")
		c.put(object{"shapes": boxes(1), "tracks": []object{{"frame": 0, "label": "bike", "shapes": []object{
			{"type": "points", "frame": 0, "points": []float64{0, 0}}, {"type": "points", "frame": 2, "points": []float64{30, 30}},
			{"type": "points", "frame": 4, "points": []float64{8, 8}}, {"type": "points", "frame": 5, "points": []float64{8, 8}, "outside": true},
		}}}})
		got := c.images(fmt.Sprintf("/api/tasks/%d", c.task))
		if len(got) != 8 {
			t.Errorf("%d images", len(got))
		}
		point := func(at string) string {
			return `<points label="bike" source="manual" occluded="0" points="` + at + `" z_order="0"></points>`
		}
		c.wantImages(got, drawn(0, point("0.00,0.00"))+drawn(3, point("6.00,6.00"))+drawn(4, point("8.00,8.00")))
	}},
	{194, "a job's export has the images of its frames", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		c.put(object{"shapes": boxes(1, 5)})
		got := c.images(fmt.Sprintf("/api/jobs/%d", c.jobs[1]))
		if len(got) != 4 {
			t.Errorf("%d images", len(got))
		}
		c.wantImages(got, drawn(5, `<box label="bike" source="manual" occluded="0" xtl="1.00" ytl="2.00" xbr="30.00" ybr="20.00" z_order="0"></box>`))
	}},
	{195, "a track with keyframes of two types is stored, and fails every export", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		c.put(object{"tracks": []object{{"frame": 0, "label": "bike", "shapes": []object{
			{"type": "points", "frame": 0, "points": []float64{0, 0}}, {"type": "rectangle", "frame": 2, "points": []float64{0, 0, 5, 5}},
		}}}})
		if r := c.export(fmt.Sprintf("/api/tasks/%d", c.task)); r["status"] != "failed" || r["message"] != "NotImplementedError\n" || r["result_url"] != nil {
			t.Errorf("%v", r)
		}
	}},
	{196, "an export is a request whose id is made of what is exported, and by whom", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		self, err := s.Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("action=export&target=task&target_id=%d&user_id=%d&format=CVAT_for_images_1~1&subresource=annotations", c.task, self.ID)
		for range 2 {
			r := c.export(fmt.Sprintf("/api/tasks/%d", c.task))
			if operation := r["operation"].(object); r["id"] != want || operation["type"] != "export:annotations" || operation["format"] != formatImages {
				t.Errorf("%v", r)
			}
		}
		s.raw(t, "POST", fmt.Sprintf("/api/tasks/%d/dataset/export?format=Nope%%201.0", c.task), "").want(t, 400, `["Unknown format specified for the request"]`)
		formats := decoded(s.raw(t, "GET", "/api/server/annotation/formats", "").body).(object)
		for _, f := range formats["exporters"].([]any) {
			if f.(object)["name"] == formatImages {
				return
			}
		}
		t.Errorf("%s is not among %v", formatImages, formats["exporters"])
	}},
	{197, "the export of a ground truth job has the images that check annotators alone", func(t *testing.T, s *suite) {
		p := naturally
		p.Validation = &cvat.ValidationParams{Mode: "gt", FrameSelectionMethod: "manual", Frames: []string{"frame_0001.jpg", "frame_0003.jpg"}}
		task := s.imported(t, pictures(numbered(5)...), p)
		c := &scene{suite: s, t: t, task: task.ID, ids: map[string]int{"bike": s.labels(t)[0].ID}, name: map[int]string{s.labels(t)[0].ID: "bike"}}
		job := fmt.Sprintf("/api/jobs/%d", s.jobOfType(t, task.ID, "ground_truth"))
		c.send(job+"/annotations", "", object{"shapes": boxes(2, 3)}).want(t, 200, "")
		got := c.images(job)
		if len(got) != 2 {
			t.Errorf("%d images", len(got))
		}
		name := s.labels(t)[0].Name
		c.wantImages(got, drawn(3, fmt.Sprintf(`<box label="%s" source="manual" occluded="0" xtl="1.00" ytl="2.00" xbr="30.00" ybr="20.00" z_order="0"></box>`, name)))
	}},
}
