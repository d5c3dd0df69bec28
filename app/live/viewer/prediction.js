/** One question of a tour: choices as radio buttons, and, once told, which one was right and why. */

import { el, setText } from "./dom.js";

let count = 0;

export class Prediction {
  /** @param {{asks, choices, right, reason}} question @param {() => void} chosen */
  constructor(question, chosen) {
    this.question = question;
    this.choice = null;
    this.told = false;
    const name = `gl-prediction-${(count += 1)}`;
    this.options = question.choices.map((text, index) => {
      const input = el("input", { type: "radio", name, value: index, onchange: () => ((this.choice = index), chosen()) });
      const verdict = el("span", { class: "gl-tour-verdict" });
      return { input, verdict, element: el("label", { class: "gl-tour-choice" }, input, el("span", { text }), verdict) };
    });
    this.element = el("fieldset", { class: "gl-tour-question" },
      el("legend", { text: question.asks }), el("div", { class: "gl-tour-choices" }, ...this.options.map(({ element }) => element)));
  }

  /** Mark the right choice, by word and not by colour alone; returns what is to be said. */
  tell() {
    const { right, reason, choices } = this.question;
    this.told = true;
    this.options.forEach(({ input, verdict, element }, index) => {
      input.disabled = true;
      element.classList.toggle("gl-right", index === right);
      setText(verdict, index === right ? "✓ right" : index === this.choice ? "✗ your answer" : "");
    });
    const verdict = this.choice === right ? "Right." : `It is: ${choices[right].replace(/[.]$/, "")}.`;
    return [el("p", {}, el("strong", { text: `${verdict} ` }), reason)];
  }
}
