"""What a program can check of PDF/UA-1 (ISO 14289-1), numbered as in the Matterhorn Protocol 1.1.

Of its 31 checkpoints it reads 01 (content tagged or an artifact), 02 (role mapping), 06 (metadata), 07 (title shown),
09 (which element may stand in which), 11 (language), 13 (alternatives of figures), 14 (headings), 15 (headers of
tables), 26 (security), 28 (annotations), 30 (external objects) and 31 (fonts). 03, 04, 05, 08, 12, 16 and 29 are for a
person to judge (flicker, colour, sound, order of reading, sense); 10 and 31 leave the sense of characters to one too.
17 to 25 and 27 are of formulas, page headers, notes, optional content, embedded files, threads, forms, XFA and actions
that our documents have not; that they have none is checked.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream

# Standard structure types (ISO 32000-1, 14.8.4), those that a document of ours may have.
STANDARD = {
    "/Document", "/Part", "/Art", "/Sect", "/Div", "/BlockQuote", "/Caption", "/Index", "/NonStruct", "/P", "/H1",
    "/H2", "/H3", "/H4", "/H5", "/H6", "/L", "/LI", "/Lbl", "/LBody", "/Table", "/TR", "/TH", "/TD", "/THead",
    "/TBody", "/TFoot", "/Span", "/Quote", "/Link", "/Figure",
}  # fmt: skip
PARENTS = {
    "/TR": {"/Table", "/THead", "/TBody", "/TFoot"},
    "/TH": {"/TR"},
    "/TD": {"/TR"},
    "/THead": {"/Table"},
    "/TBody": {"/Table"},
    "/TFoot": {"/Table"},
    "/LI": {"/L"},
    "/LBody": {"/LI"},
}
ABSENT = {"/AcroForm": "24", "/OCProperties": "20", "/Threads": "22", "/OpenAction": "27", "/AA": "27"}
SHOWS = {
    b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*", b"sh", b"Do", b"INLINE IMAGE",
}  # fmt: skip


def failures(reader: PdfReader) -> list[str]:
    """Return what fails, each with its checkpoint; nothing where all that is checked holds."""
    return [*_of_document(reader), *_of_structure(reader), *_of_pages(reader)]


def _of_document(reader: PdfReader) -> Iterator[str]:
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode() if "/Metadata" in root else ""
    if not root.get("/MarkInfo", {}).get("/Marked") or root.get("/MarkInfo", {}).get("/Suspects"):
        yield "01 the document is not marked as tagged"
    if 'pdfuaid:part="1"' not in metadata and "<pdfuaid:part>1<" not in metadata:
        yield "06 no identifier of PDF/UA"
    if "dc:title" not in metadata:
        yield "06 no title in the metadata"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "07 the title is not shown in the place of the name of the file"
    if not root.get("/Lang"):
        yield "11 no language"
    if reader.is_encrypted:
        yield "26 encrypted"
    yield from (f"{checkpoint} has {key}" for key, checkpoint in ABSENT.items() if key in root)
    if "/EmbeddedFiles" in root.get("/Names", {}):
        yield "21 has embedded files"


def _of_structure(reader: PdfReader) -> Iterator[str]:
    tree = reader.trailer["/Root"].get("/StructTreeRoot")
    if tree is None:
        yield "01 no structure"
        return
    roles = tree.get("/RoleMap", {})
    levels: list[int] = []
    named, headers, n_alone = set[str](), set[str](), 0
    for kind, parent, element in _elements(tree["/K"], ""):
        standard = str(roles.get(kind, kind))
        if standard not in STANDARD:
            yield f"02 {kind} is no standard element"
        if standard in PARENTS and str(roles.get(parent, parent)) not in PARENTS[standard]:
            yield f"09 {standard} in {parent}"
        if standard == "/Figure" and not str(element.get("/Alt", element.get("/ActualText", ""))).strip():
            yield "13 a figure without alternative"
        if standard in ("/TH", "/TD"):
            said = {key: value for each in _attributes(element) for key, value in each.items()}
            if standard == "/TH" and "/Scope" not in said and "/ID" not in element:
                yield "15 a header cell without scope or name"
            named |= {str(element["/ID"])} if standard == "/TH" and "/ID" in element else set()
            headers |= set(map(str, said.get("/Headers", ())))
            n_alone += standard == "/TD" and not said.get("/Headers")
        if standard[:2] == "/H" and standard[2:].isdigit():
            levels.append(int(standard[2:]))
    if headers - named:
        yield "15 a cell names a header that is not there"
    if named and n_alone:
        yield f"15 {n_alone} cells name no header"
    if levels[:1] != [1]:
        yield "14 the first heading is not of the first level"
    if any(after - before > 1 for before, after in pairwise(levels)):
        yield f"14 a level of heading is left out: {levels}"


def _elements(node: Any, parent: str) -> Iterator[tuple[str, str, Any]]:
    """Yield each element of the structure: its type, that of its parent, itself."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for each in node:
            yield from _elements(each, parent)
    elif isinstance(node, dict) and "/S" in node:
        yield str(node["/S"]), parent, node
        if "/K" in node:
            yield from _elements(node["/K"], str(node["/S"]))


def _attributes(element: Any) -> list[Any]:
    found = element.get("/A", [])
    found = found.get_object() if hasattr(found, "get_object") else found
    return [each.get_object() for each in found] if isinstance(found, list) else [found]


def _of_pages(reader: PdfReader) -> Iterator[str]:
    fonts: dict[Any, Any] = {}
    for number, page in enumerate(reader.pages, 1):
        annotations = [each.get_object() for each in page.get("/Annots", ())]
        if annotations and page.get("/Tabs") != "/S":
            yield f"28 page {number}: the order of links is not that of the structure"
        for annotation in annotations:
            if annotation.get("/Subtype") != "/Link":
                yield f"28 page {number}: an annotation that is no link"
            elif "/StructParent" not in annotation:
                yield f"28 page {number}: a link outside the structure"
            elif not str(annotation.get("/Contents", "")).strip():
                yield f"28 page {number}: a link without description"
        depth = 0
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            depth += {b"BDC": 1, b"BMC": 1, b"EMC": -1}.get(operator, 0)
            if operator in SHOWS and not depth:
                yield f"01 page {number}: {operator.decode()} {str(operands)[:60]} is neither tagged nor an artifact"
        resources = page["/Resources"]
        fonts |= {str(key): font.get_object() for key, font in resources.get("/Font", {}).items()}
        for item in resources.get("/XObject", {}).values():
            if "/Ref" in item.get_object():
                yield f"30 page {number}: content of another file"
    for key, font in fonts.items():
        inside = [each.get_object() for each in font.get("/DescendantFonts", ())] or [font]
        described = [each.get("/FontDescriptor", {}) for each in inside]
        if not all({"/FontFile", "/FontFile2", "/FontFile3"} & set(each) for each in described):
            yield f"31 font {key} is not embedded"
        if "/ToUnicode" not in font:
            yield f"31 font {key} says no characters"
