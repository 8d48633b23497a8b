//! The tools that keep notes: one writes, one reads, one destroys, so that the three doors of the proxy can be shown.
//!
//! Not here: a file. The notes live as long as the server does.

use serde_json::{Value, json};

use super::tool::{Answer, Arguments, Effect, Fault, Tool, count, object, unfit};

/// Adds a note.
pub const NOTE_ADD: Tool = Tool {
    name: "note_add",
    title: "Add a note",
    description: "Adds a short note to a notebook that is kept in memory until this server stops.",
    effect: Effect::Adds,
    input: add_input,
    output: add_output,
    run: add,
};

/// Lists the notes.
pub const NOTE_LIST: Tool = Tool {
    name: "note_list",
    title: "List the notes",
    description: "Lists all notes of the notebook, oldest first.",
    effect: Effect::Reads,
    input: nothing,
    output: list_output,
    run: list,
};

/// Throws all notes away.
pub const NOTE_DELETE_ALL: Tool = Tool {
    name: "note_delete_all",
    title: "Delete all notes",
    description: "Deletes every note of the notebook. They cannot be brought back.",
    effect: Effect::Clears,
    input: nothing,
    output: delete_output,
    run: delete_all,
};

/// How many notes are kept, and how many characters each may have: memory has a bound.
const MOST_NOTES: usize = 500;
const LONGEST_NOTE: usize = 2000;

/// The notes, oldest first.
#[derive(Debug, Default)]
pub struct Notebook {
    notes: Vec<(u64, String)>,
    /// The number of the last note. Numbers are not given twice, so an old one never means a new note.
    last: u64,
}

fn nothing() -> Value {
    object(&json!({}), &[])
}

fn add_input() -> Value {
    let text = json!({
        "type": "string", "minLength": 1, "maxLength": LONGEST_NOTE, "description": "What to remember.",
    });
    object(&json!({ "text": text }), &["text"])
}

fn add_output() -> Value {
    object(
        &json!({
            "id": { "type": "integer", "description": "The number of the new note." },
            "notes": { "type": "integer", "description": "How many notes there are now." },
        }),
        &["id", "notes"],
    )
}

fn add(arguments: &Arguments<'_>, notebook: &mut Notebook) -> Result<Answer, Fault> {
    let expected = format!("a note of 1 to {LONGEST_NOTE} characters");
    let text = arguments.text("text", &expected)?;
    if text.trim().is_empty() || text.chars().count() > LONGEST_NOTE {
        return Err(unfit("text", &json!(text), expected));
    }
    if notebook.notes.len() >= MOST_NOTES {
        return Err(Fault::NotebookFull(MOST_NOTES));
    }
    notebook.last += 1;
    notebook.notes.push((notebook.last, text.to_owned()));
    let (id, notes) = (notebook.last, notebook.notes.len());
    Ok(Answer {
        text: format!("Added note {id}; the notebook holds {}.", count(notes as u64, "note")),
        data: json!({ "id": id, "notes": notes }),
    })
}

fn list_output() -> Value {
    let note = object(
        &json!({
            "id": { "type": "integer", "description": "Its number." },
            "text": { "type": "string", "description": "What it says." },
        }),
        &["id", "text"],
    );
    let notes = json!({ "type": "array", "items": note, "description": "The notes, oldest first." });
    object(&json!({ "notes": notes }), &["notes"])
}

fn list(_: &Arguments<'_>, notebook: &mut Notebook) -> Result<Answer, Fault> {
    let lines: Vec<_> = notebook.notes.iter().map(|(id, text)| format!("{id}: {text}")).collect();
    let notes: Vec<_> = notebook.notes.iter().map(|(id, text)| json!({ "id": id, "text": text })).collect();
    let text = if lines.is_empty() { "The notebook is empty.".to_owned() } else { lines.join("\n") };
    Ok(Answer { text, data: json!({ "notes": notes }) })
}

fn delete_output() -> Value {
    object(&json!({ "deleted": { "type": "integer", "description": "How many notes were there." } }), &["deleted"])
}

fn delete_all(_: &Arguments<'_>, notebook: &mut Notebook) -> Result<Answer, Fault> {
    let deleted = std::mem::take(&mut notebook.notes).len();
    Ok(Answer { text: format!("Deleted {}.", count(deleted as u64, "note")), data: json!({ "deleted": deleted }) })
}

#[cfg(test)]
mod tests {
    use super::{super::tests::check_in, *};

    #[test]
    fn notes_are_kept_until_they_are_deleted() {
        let long = "é".repeat(LONGEST_NOTE + 1);
        let too_long = format!("\"text\" is \"{}..: write a note of 1 to 2000 characters.", "é".repeat(59));
        let mut notebook = Notebook::default();
        for (tool, arguments, expected) in [
            (&NOTE_LIST, json!({}), Ok("The notebook is empty.")),
            (&NOTE_ADD, json!({"text": "milk"}), Ok("Added note 1; the notebook holds 1 note.")),
            (&NOTE_ADD, json!({"text": "bread"}), Ok("Added note 2; the notebook holds 2 notes.")),
            (&NOTE_LIST, json!({}), Ok("1: milk\n2: bread")),
            (&NOTE_ADD, json!({"text": " \n"}), Err(r#""text" is " \n": write a note of 1 to 2000 characters."#)),
            (&NOTE_ADD, json!({"text": &long}), Err(too_long.as_str())),
            (&NOTE_DELETE_ALL, json!({"id": 1}), Err("There is no argument \"id\": this tool takes none.")),
            (&NOTE_DELETE_ALL, json!({}), Ok("Deleted 2 notes.")),
            (&NOTE_DELETE_ALL, json!({}), Ok("Deleted 0 notes.")),
            (&NOTE_ADD, json!({"text": "eggs"}), Ok("Added note 3; the notebook holds 1 note.")),
        ] {
            check_in(&mut notebook, tool, arguments, expected);
        }
    }

    #[test]
    fn a_full_notebook_takes_no_more() {
        let mut notebook = Notebook { notes: vec![(1, String::new()); MOST_NOTES], last: 1 };
        let full = "The notebook is full with 500 notes: empty it with note_delete_all, then add the note again.";
        check_in(&mut notebook, &NOTE_ADD, json!({"text": "x"}), Err(full));
        assert_eq!((notebook.notes.len(), notebook.last), (MOST_NOTES, 1));
    }
}
