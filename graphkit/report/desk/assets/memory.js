// What the reader chose, kept where the browser allows it. Browsers may refuse storage to files: then it lives as long as the page.

const Memory = (() => {
  const inPage = new Map();
  let store = null;
  try {
    store = window.localStorage;
    store.setItem("graphkit", "1");
    store.removeItem("graphkit");
  } catch {
    store = null;
  }
  return {
    /** Whether choices outlive the page. */
    lasts: store !== null,
    get(name) {
      return inPage.get(name) ?? store?.getItem(`graphkit:${name}`) ?? null;
    },
    set(name, value) {
      inPage.set(name, value);
      try {
        store?.setItem(`graphkit:${name}`, value);
      } catch {
        this.lasts = false; // full: what is new lives in the page
      }
    },
  };
})();
