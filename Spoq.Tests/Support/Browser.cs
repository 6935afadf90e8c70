using Microsoft.Playwright;

namespace Spoq.Tests.Support;

/// <summary>The system's Chromium, shared by the run; every test gets a context of its own.</summary>
internal static class Browser
{
    private const string Program = "/usr/bin/chromium";

    /// <summary>In milliseconds. An expectation would wait five seconds only by itself, which a busy machine needs for a page.</summary>
    private const float Patience = 60_000;

    /// <summary>The names under <c>spoq.test</c> are for tests about siblings: to a browser, localhost and alice.localhost are not of one site.</summary>
    private static readonly string[] s_arguments =
        ["--host-resolver-rules=MAP *.spoq.test 127.0.0.1, MAP spoq.test 127.0.0.1", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private static readonly Lazy<Task<IPlaywright>> s_playwright = new(StartAsync);
    private static readonly Lazy<Task<IBrowser>> s_browser = new(LaunchAsync);

    /// <summary>A page in a fresh context; console errors and failed scripts are collected in <paramref name="errors"/>.</summary>
    public static async Task<IPage> NewPageAsync(ICollection<string> errors, int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light, bool javaScript = true)
    {
        var browser = await s_browser.Value;
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            JavaScriptEnabled = javaScript,
            ReducedMotion = ReducedMotion.Reduce,
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(Patience);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                errors.Add($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => errors.Add($"{page.Url}: {error}");
        return page;
    }

    /// <summary>Blazor's circuit is up: input typed from now on is not lost.</summary>
    public static Task LiveAsync(this IPage page) => page.WaitForSelectorAsync("#live", new() { State = WaitForSelectorState.Attached });

    /// <summary>Kept under <c>artifacts/screenshots</c>.</summary>
    public static Task<byte[]> ShotAsync(this IPage page, string name) =>
        page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Artifacts("screenshots"), $"{name}.png"), FullPage = true });

    /// <summary>A browser with a profile of its own on disk: only there can a page be installed. The caller closes it.</summary>
    public static async Task<IBrowserContext> NewPersistentContextAsync(string profile)
    {
        var context = await (await s_playwright.Value).Chromium.LaunchPersistentContextAsync(profile, new() { ExecutablePath = Program, Args = s_arguments });
        context.SetDefaultTimeout(Patience);
        return context;
    }

    private static async Task<IBrowser> LaunchAsync() =>
        await (await s_playwright.Value).Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = s_arguments });

    private static async Task<IPlaywright> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout(Patience);
        var playwright = await Playwright.CreateAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => playwright.Dispose();
        return playwright;
    }
}
