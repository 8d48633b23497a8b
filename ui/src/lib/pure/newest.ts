// Which of two words of the core is the newer one: what an event told, or the answer to a question that was asked before it.

/** How often is asked again while events overtake the answers; the last event is as good then. */
const TRIES = 5;

export class Newest {
  #told = 0;
  #asked = 0;
  #taken = 0;

  /** An event has told everything. */
  told(): void {
    this.#told += 1;
  }

  /** Asks, and takes the answer unless something newer was taken. An answer that an event has overtaken is asked anew. */
  async ask<T>(question: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const [told, asked] = [this.#told, ++this.#asked];
      const answer = await question();
      if (asked < this.#taken) return;
      if (told === this.#told) {
        this.#taken = asked;
        take(answer);
        return;
      }
    }
  }
}
