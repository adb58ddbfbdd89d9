// The widgets extension is built against a newer JupyterLab than Voilà's bundle, works with it,
// and says so a dozen times. All other messages pass.
{
  const warn = console.warn;
  const expected = /^(Unsatisfied version|No satisfying version)\b/;
  console.warn = (...args) => {
    if (!expected.test(String(args[0]))) warn.apply(console, args);
  };
}
