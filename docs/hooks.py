"""What `mkdocs build` does beyond Markdown: pages from elsewhere in the project, and links that hold on both sides.

Every page is read in two places, on the site and in the repository. A link in it says where a file lies in the
repository; here it becomes the address that this file has on the site.
"""

import posixpath
import re
from pathlib import Path

import typer
from mkdocs.structure.files import File
from typer.cli import get_docs_for_click

from closerlook.command.app import app

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = {  # address on the site: file in the repository
    "reference/config.md": "config/README.md",
    "reference/schema.json": "config/schema.json",
    "reference/results.md": "results/README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
}
CODE = re.compile(r"(^ *```.*?^ *```|`[^`\n]+`)", re.S | re.M)
LINK = re.compile(r"\[([^]]*)\]\(([^):#]+)(#[^)]*)?\)")
PLACE = "\N{NULL}{}\N{NULL}"  # where a piece of code stood


def on_files(files, config):
    """Add the pages that do not lie in `docs/`."""
    for address, source in ELSEWHERE.items():
        files.append(File.generated(config, address, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, "reference/command.md", content=command_line()))
    return files


def on_page_markdown(markdown, page, config, files):
    """Turn links between files of the repository into links between pages."""
    here = page.file.src_uri
    address_of = {ELSEWHERE.get(file.src_uri, f"docs/{file.src_uri}"): file.src_uri for file in files}
    return moved(markdown, here, ELSEWHERE.get(here, f"docs/{here}"), address_of)


def moved(markdown, here, source, address_of):
    """A page's text with its links changed.

    Parameters
    ----------
    markdown : str
    here, source : str
        Where the page stands on the site, and in the repository.
    address_of : dict of str to str
        The same of all files that are on the site, by their place in the repository.

    Returns
    -------
    str
        A link to a file that is not on the site has become plain text. One to a file that does not exist is left as it
        is, for mkdocs to complain of.
    """
    code = CODE.findall(markdown)  # is not looked into, but may stand in the text of a link

    def follow(link):
        text, path, anchor = link.groups(default="")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if target in address_of:
            return f"[{text}]({posixpath.relpath(address_of[target], posixpath.dirname(here) or '.')}{anchor})"
        return text if (ROOT / target).exists() else link[0]

    for k, piece in enumerate(code):
        markdown = markdown.replace(piece, PLACE.format(k), 1)
    markdown = LINK.sub(follow, markdown)
    for k, piece in enumerate(code):
        markdown = markdown.replace(PLACE.format(k), piece, 1)
    return markdown


def command_line():
    """The page on the command line, as the command describes itself."""
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="closerlook")
    return get_docs_for_click(obj=root, ctx=context, name="closerlook", title="The command line")
