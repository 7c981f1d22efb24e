// Whatever names candidates carries data-candidate="1 3": lines, chips, boxes. Pointing at one of
// them lights all that name the same candidates; one that was clicked or focused stays lit.
() => {
  let pointed = "";
  let selected = "";

  const named = (element) => element?.closest?.("[data-candidate]")?.dataset.candidate ?? "";

  const light = () => {
    const wanted = new Set((pointed || selected).split(" ").filter(Boolean));
    for (const element of document.querySelectorAll("[data-candidate]")) {
      const numbers = element.dataset.candidate.split(" ");
      element.classList.toggle("lit", numbers.some((number) => wanted.has(number)));
    }
    for (const picture of document.querySelectorAll(".rex-picture")) {
      picture.classList.toggle("pointing", wanted.size > 0);
    }
  };

  const select = (event) => {
    selected = named(event.target);
    light();
  };

  document.addEventListener("pointerover", (event) => {
    pointed = event.pointerType === "mouse" ? named(event.target) : "";
    light();
  });
  document.addEventListener("focusin", select);
  document.addEventListener("click", select);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    selected = "";
    light();
  });

  let busy = false;
  const follow = () => {
    light(); // while the reasoning grows, its lines are made anew
    const wasBusy = busy;
    busy = document.querySelector(".rex-result .doing") !== null;
    if (busy && !wasBusy) {
      document.querySelector("#rex-picture").scrollIntoView({ block: "nearest" });
    }
  };
  new MutationObserver(follow).observe(document.body, { childList: true, subtree: true });
}
