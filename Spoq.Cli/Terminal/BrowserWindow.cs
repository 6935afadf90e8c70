using System.ComponentModel;
using System.Diagnostics;

namespace Spoq.Cli.Terminal;

internal static class BrowserWindow
{
    /// <summary><c>SPOQ_BROWSER=none</c> opens nothing; any other value names the program. False: nothing was opened.</summary>
    public static bool TryOpen(string address)
    {
        var named = Call.Setting("SPOQ_BROWSER");
        if (named == "none" || (named is null && !HasDesktop()))
        {
            return false;
        }

        var start = new ProcessStartInfo(named ?? (OperatingSystem.IsMacOS() ? "open" : "xdg-open"), [address])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var browser = Process.Start(start);
            return browser is not null;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>On a server without a screen xdg-open would fetch a text browser over our own prompt.</summary>
    private static bool HasDesktop() => OperatingSystem.IsMacOS() || Call.Setting("DISPLAY") is not null || Call.Setting("WAYLAND_DISPLAY") is not null;
}
