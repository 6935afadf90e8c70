namespace Spoq.Web.Shell;

public sealed record Toast(Guid Id, string Text, bool IsGood);

/// <summary>Outcomes told in passing; errors of a field belong beside the field.</summary>
public sealed class Toasts(TimeProvider time)
{
    private static readonly TimeSpan s_shown = TimeSpan.FromSeconds(6);
    private readonly List<Toast> _toasts = [];

    internal event Func<Task>? Changed;

    internal IReadOnlyList<Toast> Current => _toasts;

    public void Good(string text) => Show(text, isGood: true);

    /// <summary>Stays until it is dismissed: people need time to read what went wrong.</summary>
    public void Bad(string text) => Show(text, isGood: false);

    internal void Dismiss(Guid id)
    {
        _toasts.RemoveAll(toast => toast.Id == id);
        _ = Changed?.Invoke();
    }

    private void Show(string text, bool isGood)
    {
        var toast = new Toast(Guid.CreateVersion7(), text, isGood);
        _toasts.Add(toast);
        _ = Changed?.Invoke();
        if (isGood)
        {
            _ = DismissLaterAsync(toast.Id);
        }
    }

    private async Task DismissLaterAsync(Guid id)
    {
        await Task.Delay(s_shown, time);
        Dismiss(id);
    }
}
