using Microsoft.Playwright;
using System.Net;
using System.Text.RegularExpressions;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>A customer cancels and resumes; an administrator finds the computer, holds it and ends it. In a real browser.</summary>
public sealed class AdminStory(AdminStory.World world) : IClassFixture<AdminStory.World>
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_customer_cancels_in_two_clicks_sees_every_date_and_resumes(int width, ColorScheme scheme)
    {
        var customer = await Customer.SignedUpAsync(world.Server, width, scheme);
        var (page, shot) = (customer.Page, customer.Look);
        await customer.GoAsync("/dashboard/billing");
        await customer.HeadingAsync("No subscription");
        await customer.GoLiveAsync("/setup");
        await customer.ReachPayAsync();
        await customer.GoToCheckoutAsync();
        await customer.PressAsync("Pay");
        await page.WaitForURLAsync(new Regex("/setup"));
        await customer.BecomesReadyAsync();

        await customer.GoLiveAsync("/dashboard/billing");
        await Expect(page.GetByText("Active", new() { Exact = true })).ToBeVisibleAsync();
        await page.ShotAsync($"billing-active-{shot}");
        await page.GetByLabel("now", new() { Exact = true }).CheckAsync();
        var (pressed, dialog) = (InAWeek(), page.GetByRole(AriaRole.Dialog));
        await customer.PressAsync("Cancel subscription");
        await Expect(dialog).ToBeVisibleAsync();

        // At midnight it may be the one or the other.
        await Expect(dialog).ToContainTextAsync(new Regex($"It runs until ({pressed}|{InAWeek()})"));
        await page.ShotAsync($"billing-confirm-{shot}");
        await customer.PressAsync("Yes, cancel");
        await Expect(page.GetByText("Cancelled, still running")).ToBeVisibleAsync();
        await page.ShotAsync($"billing-cancelled-{shot}");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));

        await customer.GoLiveAsync("/dashboard");
        await Expect(page.GetByText($"You cancelled {customer.AddressName}.localhost.")).ToBeVisibleAsync();
        await page.ShotAsync($"home-cancelled-{shot}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Resume on Billing" }).ClickAsync();
        await page.WaitForURLAsync("**/dashboard/billing");
        await page.LiveAsync();
        await customer.PressAsync("Resume");
        await Expect(page.GetByText("Active", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Empty(customer.Errors);
    }

    [Theory]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    public async Task An_administrator_finds_a_computer_holds_it_and_terminates_it(int width, ColorScheme scheme)
    {
        await using var node = new NodeBeside(world.Server);
        var id = await Purchase.BuyAsync(node.Services, await node.AddAccountAsync());
        var running = await node.UntilAsync(id, instance => instance.State == Core.Instances.InstanceState.Running, "the computer to run");
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors, width, 844, scheme);
        var admin = new Customer(page, world.Server);
        var shot = $"{(scheme == ColorScheme.Light ? "light" : "dark")}-{width}";
        await world.SignInAsync(page);

        await admin.GoLiveAsync("/admin");
        await admin.HeadingAsync("Needs attention");
        await page.ShotAsync($"admin-overview-{shot}");
        await admin.GoLiveAsync("/admin/instances");
        await page.GetByLabel("Search").FillAsync(running.Address);
        await admin.PressAsync("Show");
        await page.WaitForURLAsync(new Regex("search="));
        await page.ShotAsync($"admin-instances-{shot}");
        await page.GetByRole(AriaRole.Link, new() { Name = running.Hostname }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/admin/instances/"));
        await page.LiveAsync();
        await page.GetByLabel("Hold, because").FillAsync("a dispute");
        await admin.PressAsync("Hold");
        await Expect(page.GetByText("Held by support")).ToBeVisibleAsync();
        await page.ShotAsync($"admin-instance-{shot}");
        await admin.PressAsync("Release hold");
        await Expect(page.GetByText("Held by support")).ToBeHiddenAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        await admin.PressAsync("Terminate");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync($"Terminate {running.Hostname}?");
        await page.ShotAsync($"admin-terminate-{shot}");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Terminate" }).ClickAsync();
        await node.UntilAsync(id, instance => instance.State == Core.Instances.InstanceState.Deleted, "the computer to be deleted");

        foreach (var path in new[] { "/admin/orphans", "/admin/pool" })
        {
            await admin.GoLiveAsync(path);
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), path);
            await page.ShotAsync($"admin-{path[7..]}-{shot}");
        }

        Assert.Empty(errors);
    }

    [Fact]
    public async Task Nobody_else_sees_an_administrators_page_and_a_program_with_the_role_may_act()
    {
        using var stranger = new HttpVisitor(world.Server);
        await stranger.SignUpAsync();
        foreach (var path in new[] { "/admin", "/admin/instances", "/admin/orphans", "/admin/pool", $"/admin/instances/{Guid.NewGuid()}" })
        {
            using var answer = await stranger.Http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }

        using var client = await ApiClient.SignedUpAsync(world.Server);
        using var refused = await client.GetAsync("/v1/admin/instances");
        Assert.Equal("admin_only", await ApiClient.CodeAsync(refused, HttpStatusCode.Forbidden));

        using var admin = new ApiClient(world.Server);
        using var login = await admin.PostAsync("/api/auth/login", new { email = await world.EmailAsync(), password = ApiClient.Password });
        admin.Keep(await ApiClient.JsonAsync(login, HttpStatusCode.OK));
        var overview = await admin.ReadAsync("/v1/admin/overview");
        Assert.True(overview.GetProperty("instances").GetRawText().Length > 0);
        Assert.Equal(0, (await admin.ReadAsync("/v1/admin/instances?search=nobody-has-this")).GetProperty("data").GetArrayLength());
        using var missing = await admin.PostAsync($"/v1/admin/provision/{Guid.NewGuid()}");
        Assert.Equal("instance_not_found", await ApiClient.CodeAsync(missing, HttpStatusCode.NotFound));
        using var unknown = await admin.GetAsync("/v1/admin/instances?state=sleepy");
        Assert.Equal("unknown_state", await ApiClient.CodeAsync(unknown, HttpStatusCode.UnprocessableEntity));
    }

    private static string InAWeek() => DateTime.UtcNow.AddDays(7).ToString("d MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture);

    public sealed class World : StoryServer
    {
        private const string Email = "boss@example.com";
        private Task? _signedUp;

        /// <summary>The administrator's, whose account is made when it is first asked for.</summary>
        public async Task<string> EmailAsync()
        {
            await (_signedUp ??= SignUpAsync());
            return Email;
        }

        public async Task SignInAsync(IPage page)
        {
            var email = await EmailAsync();
            await page.GotoAsync(new Uri(Server.BaseUrl, "/login").ToString());
            await page.GetByLabel("Email", new() { Exact = true }).FillAsync(email);
            await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Customer.Password);
            await page.GetByRole(AriaRole.Button, new() { Name = "Log in", Exact = true }).ClickAsync();
            await page.WaitForURLAsync(url => !url.Contains("/login", StringComparison.Ordinal));
        }

        private async Task SignUpAsync()
        {
            using var visitor = new HttpVisitor(Server);
            await visitor.SignUpAsync(Email);
        }

        protected override Task<IReadOnlyDictionary<string, string>?> SettingsAsync() =>
            Task.FromResult<IReadOnlyDictionary<string, string>?>(new Dictionary<string, string> { ["Admin__Email"] = Email });
    }
}
