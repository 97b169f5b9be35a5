// Keeps the page as the server would show it now. The stream says only "look again".
// Without this script the page works too: it has to be loaded again.

/** Takes over what changed and leaves the rest alone, so that what is focused or typed stays. */
async function look() {
  const answer = await fetch(location.href)
  if (!answer.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  document.title = fresh.title
  for (const old of document.querySelectorAll('[data-live]')) {
    const now = fresh.getElementById(old.id)
    if (now && now.innerHTML !== old.innerHTML) old.replaceChildren(...now.childNodes)
  }
}

// One after another: an older answer must not come on top of a newer one.
let looked = Promise.resolve()
function lookAgain() {
  looked = looked.then(look).catch(() => {})
}

function connect() {
  const stream = new EventSource(document.body.dataset.stream)
  stream.onmessage = lookAgain
  // A lost connection comes back by itself; one that was refused does not.
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return
    lookAgain()
    setTimeout(connect, 5000)
  }
}

document.addEventListener('click', async ({ target }) => {
  const button = target.closest('[data-copy]')
  if (!button) return
  const field = document.getElementById(button.dataset.copy)
  const told = document.getElementById('copied')
  try {
    await navigator.clipboard.writeText(field.value)
    told.textContent = 'Copied.'
  } catch {
    field.select()
    told.textContent = 'Selected: copy it now.'
  }
})

document.documentElement.classList.add('has-script')
connect()
