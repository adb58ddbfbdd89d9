"""Notebooks of what a learner may add: each must look and work as in Voilà's own "lab" template.

A case is its cells, and what a visitor does: the names of buttons to press, or "right" to move the
first slider by one step.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A notebook, what a visitor does with it, and a text that is there afterwards."""

    cells: tuple[str, ...]
    acts: tuple[str, ...] = ()
    text: str = ""


WIDGETS = {
    # ipywidgets' list of widgets, one of each kind
    "IntSlider": "w.IntSlider(7, description='Test:', orientation='vertical')",
    "FloatSlider": "w.FloatSlider(7.5, max=10, readout_format='.2e', description='Test:')",
    "FloatLogSlider": "w.FloatLogSlider(10, base=10, min=-10, max=10, description='Log')",
    "IntRangeSlider": "w.IntRangeSlider(value=(5, 7), min=0, max=10, description='Range')",
    "FloatRangeSlider": "w.FloatRangeSlider(value=(5, 7.5), max=10.0, description='Range')",
    "IntProgress": "w.IntProgress(7, max=10, description='At:', bar_style='warning')",
    "FloatProgress": "w.FloatProgress(7.5, max=10, description='At:', orientation='vertical')",
    "BoundedIntText": "w.BoundedIntText(7, max=10, description='Text:')",
    "BoundedFloatText": "w.BoundedFloatText(7.5, max=10, description='Text:')",
    "IntText": "w.IntText(7, description='Any:')",
    "FloatText": "w.FloatText(7.5, description='Any:')",
    "ToggleButton": "w.ToggleButton(False, description='Click me', icon='check')",
    "Checkbox": "w.Checkbox(False, description='Check me')",
    "Valid": "w.Valid(value=False, description='Valid!')",
    "Dropdown": "w.Dropdown(options=['1', '2'], value='2', description='Number:')",
    "RadioButtons": "w.RadioButtons(options=['ham', 'egg'], description='Topping:')",
    "Select": "w.Select(options=['Linux', 'Other'], value='Other', description='OS:')",
    "SelectionSlider": "w.SelectionSlider(options=['raw', 'done'], description='I like')",
    "SelectionRangeSlider": "w.SelectionRangeSlider(options=['a', 'b', 'c'], index=(0, 1))",
    "ToggleButtons": "w.ToggleButtons(options=['Slow', 'Fast'], description='Speed:')",
    "SelectMultiple": "w.SelectMultiple(options=['Apples', 'Pears'], description='Fruits')",
    "Text": "w.Text('Hello', placeholder='Type', description='String:')",
    "Textarea": "w.Textarea('Hello\\nWorld', description='String:')",
    "Combobox": "w.Combobox(placeholder='Choose', options=['Paul', 'John'], description='Who:')",
    "Password": "w.Password('secret', description='Password:')",
    "Label": "w.HBox([w.Label('The $m$ in $E=mc^2$:'), w.FloatSlider()])",
    "HTML": "w.HTML('Hello <b>World</b>', description='Some HTML')",
    "HTMLMath": r"w.HTMLMath(r'Some math and <i>HTML</i>: \(x^2\) and $$\frac{x+1}{x-1}$$')",
    "Image": "w.Image(value=PNG, format='png', width=30, height=40)",
    "Button": "w.Button(description='Click me', button_style='danger', icon='check')",
    "Play": "p, s = w.Play(5), w.IntSlider(); w.jslink((p, 'value'), (s, 'value')); w.HBox([p, s])",
    "TagsInput": "w.TagsInput(value=['pizza', 'fries'], allowed_tags=['pizza', 'fries', 'stew'])",
    "ColorsInput": "w.ColorsInput(value=['red', '#2f6d30'])",
    "FloatsInput": "w.FloatsInput(value=[1.3, 4.56], format='.2f')",
    "DatePicker": "w.DatePicker(description='Pick a date')",
    "TimePicker": "w.TimePicker(description='Pick a time')",
    "DatetimePicker": "w.DatetimePicker(description='Pick both')",
    "ColorPicker": "w.ColorPicker(concise=False, description='Pick', value='blue')",
    "FileUpload": "w.FileUpload(accept='.txt', multiple=True)",
    "Controller": "w.Controller(index=0)",
    "Box": "w.Box([w.Label(str(i)) for i in range(4)], layout={'border': '1px solid red'})",
    "GridBox": "w.GridBox([w.Label(str(i)) for i in range(8)],"
    " layout=w.Layout(grid_template_columns='repeat(3, 100px)'))",
    "Accordion": "w.Accordion([w.IntSlider(), w.Text()], titles=('Slider', 'Text'))",
    "Tab": "w.Tab([w.Text('one'), w.Text('two')], titles=['One', 'Two'])",
    "Stack": "w.Stack([w.Button(description='in'), w.IntSlider()], selected_index=0)",
    "TwoByTwoLayout": "w.TwoByTwoLayout(top_left=w.Label('TL'), bottom_right=w.Label('BR'))",
    "AppLayout": "w.AppLayout(header=w.Label('Top'), center=w.Label('Centre'), footer=None)",
    "style": "w.IntSlider(description='A long description', style={'description_width': '20em'})",
    "plain": "w.VBox([w.IntSlider(3, description='Size'), w.Text('a', description='Name')])",
}

DISPLAYED = {
    "HTML": "HTML('<i>marked</i> <script>document.currentScript.after(\"by a script\")</script>')",
    "Markdown": "Markdown('# Title\\n\\nSome *words* and $x^2$')",
    "Latex": r"Latex(r'$$\sum_i x_i$$')",
    "Math": r"Math(r'\frac{1}{2}')",
    "SVG": 'SVG(f\'<svg {XMLNS} width="40" height="40"><circle r="9"/></svg>\')',
    "Image": "Image(PNG)",
    "JSON": "JSON({'a': [1, 2]})",
    "Javascript": "Javascript('element.append(\"by a script\")')",
    "Pretty": "Pretty('<as it is>')",
    "Code": "Code('x = 1', language='python')",
    "IFrame": "IFrame('about:blank', 200, 100)",
    "FileLink": "FileLink('own.txt')",
    "GeoJSON": "GeoJSON({'type': 'Point', 'coordinates': [0, 0]})",
    "ProgressBar": "ProgressBar(10)",
    "Audio": "Audio([0.0, 0.1] * 99, rate=8000)",
    "DataFrame": "__import__('pandas').DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
    "number": "40 + 2",
    "None": "None",
    "print": "print('printed\\n\\x1b[31mred\\x1b[0m')",
    "figure": "__import__('plotly.express').express.bar(x=[1, 2], y=[3, 4])",
}

IMPORTS = (
    "import base64; import ipywidgets as w; XMLNS = 'xmlns=\"http://www.w3.org/2000/svg\"'\n"
    "from IPython.display import *\n"
    "PNG = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg==')"
)

BEHAVIOUR = {
    "interact": Case(
        ("@w.interact(x=(0, 10))\ndef f(x=3): print('x is', x)",), ("right", "right"), "x is 5"
    ),
    "interact that prints nothing at first": Case(
        ("@w.interact(x=(0, 10))\ndef f(x=3):\n    if x > 3: print('x is', x)",),
        ("right", "right"),
        "x is 5",
    ),
    "interactive": Case(
        ("w.interactive(lambda a: display(HTML(f'<b>a is {a}</b>')), a=(0, 5))",),
        ("right",),
        "a is 3",
    ),
    "interact_manual": Case(
        ("w.interact_manual(lambda n: print('n is', n), n=(0, 4))",),
        ("right", "Run Interact"),
        "n is 3",
    ),
    "interactive_output": Case(
        (
            "s = w.IntSlider(2, max=9)\n"
            "w.VBox([s, w.interactive_output(lambda v: print('v is', v), {'v': s})])",
        ),
        ("right",),
        "v is 3",
    ),
    "Output that captures": Case(
        (
            "out = w.Output(); b = w.Button(description='Say'); n = 0\n"
            "def say(_):\n    global n; n += 1\n"
            "    with out: print('said', n); display(HTML(f'<u>shown {n}</u>'))\n"
            "b.on_click(say); w.VBox([b, out])",
        ),
        ("Say", "Say"),
        "shown 2",
    ),
    "Output that is cleared": Case(
        (
            "out = w.Output(); b = w.Button(description='Again'); n = 0\n"
            "@out.capture(clear_output=True, wait=True)\n"
            "def again(_):\n    global n; n += 1; print('run', n)\n"
            "b.on_click(again); w.VBox([b, out])",
        ),
        ("Again", "Again"),
        "run 2",
    ),
    "Output with an error": Case(
        (
            "out = w.Output(); b = w.Button(description='Fail')\n"
            "@out.capture()\ndef fail(_): raise ValueError('wrong number')\n"
            "b.on_click(fail); w.VBox([b, out])",
        ),
        ("Fail",),
        "wrong number",
    ),
    "widget by a button": Case(
        (
            "box = w.VBox(); b = w.Button(description='More')\n"
            "def more(_): box.children = [w.Accordion([w.Text('in')], titles=['Fold'])]\n"
            "b.on_click(more); w.VBox([b, box])",
        ),
        ("More",),
        "Fold",
    ),
    "Output by a button": Case(
        (
            "box = w.VBox([w.Text('kept')]); b = w.Button(description='New')\n"
            "def new(_):\n    o = w.Output(); box.children = [*box.children, o]\n"
            "    with o: print('into a new one')\n"
            "b.on_click(new); w.VBox([b, box])",
        ),
        ("New",),
        "into a new one",
    ),
    "style by a button": Case(
        (
            "s = w.IntSlider(3, description='Size'); b = w.Button(description='Wide')\n"
            "def wide(_): s.layout.width = '90%'; s.description = 'Wider'\n"
            "b.on_click(wide); w.VBox([b, s])",
        ),
        ("Wide",),
        "Wider",
    ),
    "update of a display": Case(
        ("d = display(HTML('<b>first</b>'), display_id=True)", "d.update(HTML('<b>second</b>'))"),
        (),
        "",
    ),
    "link in the page": Case(
        (
            "a, b = w.IntSlider(2, max=9), w.IntText()\n"
            "link = w.jslink((a, 'value'), (b, 'value')); w.VBox([a, b])",
        ),
        ("right",),
    ),
}

CASES = {
    **{f"widget {name}": Case((cell,)) for name, cell in WIDGETS.items()},
    **{f"display {name}": Case((cell,)) for name, cell in DISPLAYED.items()},
    **BEHAVIOUR,
}
