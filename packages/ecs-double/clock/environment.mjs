/**
 * The environment variables with which a Node program sleeps on the clock at `url`: clock-preload.mjs is loaded before it, and by every Node process that it starts.
 * @param {string} url
 * @param {{ NODE_OPTIONS?: string }} [options]
 */
export function clockEnvironment(url, { NODE_OPTIONS = '' } = process.env) {
  const preload = new URL('../clock-preload.mjs', import.meta.url).href;
  return { ECS_DOUBLE_CLOCK: url, NODE_OPTIONS: `${NODE_OPTIONS} --import=${preload}`.trim() };
}
