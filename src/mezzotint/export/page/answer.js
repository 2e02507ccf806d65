// What a worker is: it answers messages {id, task, ...} with {id, ...}, in order. It works off the page's
// thread, so that the page stays awake.

/** Answers by the functions of a table, by the name of the task: (given) -> a promise of an object. */
export function answer(tasks) {
  let last = Promise.resolve();
  self.onmessage = ({ data: { id, task, ...given } }) => {
    last = last.then(() => reply(id, tasks[task], given)); // one at a time: a device is everybody's
  };
}

async function reply(id, task, given) {
  try {
    self.postMessage({ id, ...(await task(given)) });
  } catch (error) {
    self.postMessage({ id, error: String(error.message ?? error) });
  }
}
