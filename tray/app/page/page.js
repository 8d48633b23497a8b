// Shows what the tray says of itself, and asks it for what it offers. All words come from the tray and are shown as text.

const invoke = (command, words) => window.__TAURI_INTERNALS__.invoke(command, words);
const part = (id) => document.getElementById(id);

function say(id, words) {
  const place = part(id);
  place.hidden = !words;
  if (place.textContent !== words) place.textContent = words;
}

let offered = '';

function offer(actions) {
  const now = JSON.stringify(actions);
  if (now === offered) return;
  offered = now;
  const focused = document.activeElement?.textContent;
  const buttons = actions.map(([words, wish]) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = words;
    button.addEventListener('click', () => ask(wish));
    return button;
  });
  part('actions').replaceChildren(...buttons);
  buttons.find((button) => button.textContent === focused)?.focus();
}

async function ask(wish) {
  try {
    await invoke('wish', { wish });
  } catch (refusal) {
    say('note', String(refusal));
  }
}

function show({ title, message, hint, note, log, actions }) {
  document.title = title ? `${title} - MCPProxy` : 'MCPProxy';
  say('title', title || 'MCPProxy');
  say('message', message);
  say('hint', hint);
  say('note', note);
  part('log-part').hidden = log.length === 0;
  const lines = part('log');
  const atEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 4;
  say('log', log.join('\n'));
  if (atEnd) lines.scrollTop = lines.scrollHeight;
  offer(actions);
}

let seen = 0;
for (;;) {
  const [version, page] = await invoke('page', { seen });
  seen = version;
  show(page);
}
