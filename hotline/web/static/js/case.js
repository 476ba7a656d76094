// One case: a diary entry is sent with its own id, so a repeat after a lost answer changes nothing.

const form = document.getElementById("note");

if (form) {
  const problem = document.getElementById("note-error");
  const button = form.querySelector("button");
  let id = crypto.randomUUID().replaceAll("-", "");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    button.setAttribute("aria-disabled", "true");
    try {
      const response = await fetch(`/cases/${form.dataset.case}/notes`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
        body: JSON.stringify({ id, text: form.elements.text.value }),
      });
      if (!response.ok) throw new Error((await response.json()).error?.sentence);
      id = crypto.randomUUID().replaceAll("-", "");
      form.reset();
      location.reload();
    } catch (error) {
      problem.textContent = error instanceof TypeError ? form.dataset.failed : error.message || form.dataset.failed;
      problem.hidden = false;
      form.elements.text.focus();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}
