using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>A person at a browser: what they click, by the names that the specification promises.</summary>
internal sealed class Customer(IPage page, SpoqServer server)
{
    public const string Password = "correct horse battery staple";

    /// <summary>Provisioning is real work; a busy machine takes its time.</summary>
    private const float Patience = 120_000;

    public IPage Page => page;

    /// <summary>What the browser complained of.</summary>
    public IReadOnlyList<string> Errors { get; private init; } = [];

    /// <summary>Ends the name of each screenshot, such as <c>dark-390</c>.</summary>
    public string Look { get; private init; } = "";

    public string Email { get; } = $"{Guid.NewGuid():n}@example.com";

    /// <summary>Of the authenticator app, once there is one.</summary>
    public string Secret { get; set; } = "";

    /// <summary>Those that were not used yet.</summary>
    public Queue<string> RecoveryCodes { get; set; } = [];

    public string AddressName { get; } = $"a{Guid.NewGuid():n}"[..12];

    /// <summary>Somebody new, on a screen of this width, who has an account.</summary>
    public static async Task<Customer> SignedUpAsync(SpoqServer server, int width, ColorScheme scheme)
    {
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors, width, 844, scheme), server) { Errors = errors, Look = $"{(scheme == ColorScheme.Light ? "light" : "dark")}-{width}" };
        await customer.SignUpAsync();
        return customer;
    }

    public async Task SignUpAsync()
    {
        await GoAsync("/signup");
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(Email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/confirm-email"));
        await page.GetByLabel("Code").FillAsync(await server.CodeFromMailAsync(Email));
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/setup"));
        await page.LiveAsync();
    }

    public async Task ChooseAddressAsync()
    {
        await HeadingAsync("Choose your address");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Address", Exact = true }).FillAsync(AddressName);
        await ContinueAsync();
        await HeadingAsync("Create your profile");
    }

    public async Task ChooseProfileAsync()
    {
        await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "Username" })).ToHaveValueAsync(AddressName);
        await ContinueAsync();
        await HeadingAsync("Connect your device");
    }

    public async Task PasteKeyAsync(string publicKey, string deviceName)
    {
        await page.GetByRole(AriaRole.Tab, new() { Name = "Paste a key" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Public key" }).FillAsync(publicKey);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add device" }).ClickAsync();
        var name = page.GetByRole(AriaRole.Textbox, new() { Name = "Device name" });
        await name.FillAsync(deviceName);
        await PressAsync("Save name");
        await Expect(page.GetByText(deviceName).First).ToBeVisibleAsync();
    }

    public async Task ChoosePlanAsync()
    {
        await HeadingAsync("Choose plan and region");
        await ContinueAsync();
        await HeadingAsync("Pay");
    }

    public async Task GoToCheckoutAsync()
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Pay", Exact = true }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/dev/checkout/"));
    }

    public Task PressAsync(string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public async Task BecomesReadyAsync()
    {
        await Expect(Heading("You're all set")).ToBeVisibleAsync(new() { Timeout = Patience });
        await Expect(page.GetByText($"{AddressName}.localhost").First).ToBeVisibleAsync();
    }

    /// <summary>From a fresh account to a running computer, the short way: no device.</summary>
    public async Task GetComputerAsync()
    {
        await SignUpAsync();
        await ReachPayAsync();
        await GoToCheckoutAsync();
        await PressAsync("Pay");
        await page.WaitForURLAsync(new Regex("/setup"));
        await BecomesReadyAsync();
    }

    public async Task ReachPayAsync()
    {
        await ChooseAddressAsync();
        await ChooseProfileAsync();
        await PressAsync("Skip for now");
        await ChoosePlanAsync();
    }

    public async Task ContinueAsync()
    {
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Continue", Exact = true });
        await Expect(button).ToBeEnabledAsync();
        await button.ClickAsync();
    }

    public Task HeadingAsync(string text) => Expect(Heading(text)).ToBeVisibleAsync();

    public ILocator Heading(string text) => page.GetByRole(AriaRole.Heading, new() { Name = text, Exact = true });

    public async Task GoAsync(string path) => await page.GotoAsync(new Uri(server.BaseUrl, path).ToString());

    public async Task GoLiveAsync(string path)
    {
        await GoAsync(path);
        await page.LiveAsync();
    }
}
