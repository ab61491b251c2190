// How Streamlit puts a viewer on a page.

import { Viewer } from "./viewer.js";

const viewers = new WeakMap();

/** Streamlit calls this when the component appears, and again whenever its data comes anew. */
export default function show({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".viewer-root");
  if (!viewers.has(root)) viewers.set(root, new Viewer(root));
  const viewer = viewers.get(root);
  viewer.wish = (wish) => setTriggerValue("wish", wish);
  viewer.open(data).catch((error) => {
    root.textContent = "The film cannot be shown in this browser. Try a newer one.";
    console.warn(error);
  });
  // Called when the component goes, and also when a second call overtook a first one.
  return () =>
    setTimeout(() => {
      if (root.isConnected) return;
      viewer.stop();
      viewers.delete(root);
    });
}
