// Before anything is painted: the light or the dark that was chosen here; without a choice, the system's.
{
  let chosen = null;
  try {
    chosen = localStorage.getItem('muster.theme');
  } catch {
    // a browser that keeps nothing follows the system
  }
  if (chosen === 'light' || chosen === 'dark') {
    document.documentElement.dataset.theme = chosen;
  }
}
