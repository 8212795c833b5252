// In the place of react-devtools-core, which Ink imports only when somebody debugs Ink.
export const initialize = () => {};
export const connectToDevTools = () => {};
export default {initialize, connectToDevTools};
