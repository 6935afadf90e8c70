using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>A command line asks with three words, its owner decides at a browser.</summary>
public sealed class DeviceStory
{
    [Fact]
    public async Task Not_signed_in_the_owner_logs_in_comes_back_to_the_words_and_approves()
    {
        var server = await SpoqServer.SharedAsync();
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), server);
        var page = customer.Page;
        await customer.SignUpAsync();
        await page.Context.ClearCookiesAsync();
        using var cli = server.NewClient();
        var device = await StartAsync(cli);

        await page.GotoAsync(device.GetProperty("verification_uri_complete").GetString()!);
        await page.WaitForURLAsync(new Regex("/login"));
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(customer.Email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Customer.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in", Exact = true }).ClickAsync();

        await customer.HeadingAsync("Let this device in?");
        foreach (var word in Words(device))
        {
            await Expect(page.GetByText(word, new() { Exact = true })).ToBeVisibleAsync();
        }

        await Expect(page.GetByText("alice-laptop")).ToBeVisibleAsync();
        await Expect(page.GetByText("same network")).ToBeVisibleAsync();
        await page.ShotAsync("device-verify-light-1280");
        Assert.Equal("authorization_pending", await PollAsync(cli, device));

        await customer.PressAsync("Approve");
        await customer.HeadingAsync("Device approved");
        await page.ShotAsync("device-approved-light-1280");
        using var delivered = await cli.PostAsJsonAsync("/auth/device/token", new { device_code = Code(device) });
        Assert.True(delivered.IsSuccessStatusCode);

        // The words are spent for everybody, and a reload approves nothing again.
        await page.ReloadAsync();
        await customer.HeadingAsync("Device approved");
        Assert.Empty(errors);
    }

    [Fact]
    public async Task On_a_phone_the_words_are_typed_as_they_come_and_a_stranger_is_turned_away()
    {
        var server = await SpoqServer.SharedAsync();
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors, 390, 844, ColorScheme.Dark), server);
        var page = customer.Page;
        await customer.SignUpAsync();
        using var cli = server.NewClient();
        var device = await StartAsync(cli);

        await customer.GoAsync("/auth/verify");
        await page.ShotAsync("device-code-dark-390");
        await page.GetByLabel("Code").FillAsync(string.Join("  ", Words(device)).ToLowerInvariant());
        await customer.PressAsync("Continue");
        await customer.HeadingAsync("Let this device in?");
        await page.ShotAsync("device-verify-dark-390");
        await customer.PressAsync("Deny");

        await customer.HeadingAsync("Device turned away");
        Assert.Equal("access_denied", await PollAsync(cli, device));
        Assert.Empty(errors);
    }

    [Fact]
    public async Task After_five_wrong_tries_the_page_says_to_wait_and_the_right_words_do_not_help()
    {
        var server = await SpoqServer.SharedAsync();
        var customer = new Customer(await Browser.NewPageAsync([]), server);
        var page = customer.Page;
        await customer.SignUpAsync();
        using var cli = server.NewClient();
        var device = await StartAsync(cli);
        await customer.GoAsync("/auth/verify");
        for (var i = 0; i < 5; i++)
        {
            await page.GetByLabel("Code").FillAsync("anchor ocean zebra");
            await customer.PressAsync("Continue");
            await Expect(page.GetByText("No device waits with these words")).ToBeVisibleAsync();
        }

        await page.GetByLabel("Code").FillAsync(string.Join('-', Words(device)));
        await customer.PressAsync("Continue");

        await Expect(page.GetByText("too many wrong words")).ToBeVisibleAsync();
        await page.ShotAsync("device-locked-light-1280");
    }

    private static async Task<JsonElement> StartAsync(HttpClient cli)
    {
        using var answer = await cli.PostAsJsonAsync("/auth/device", new { client_id = "spoq-cli", device_name = "alice-laptop" });
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<string?> PollAsync(HttpClient cli, JsonElement device)
    {
        using var answer = await cli.PostAsJsonAsync("/auth/device/token", new { device_code = Code(device) });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString();
    }

    private static string Code(JsonElement device) => device.GetProperty("device_code").GetString()!;

    private static string[] Words(JsonElement device) => device.GetProperty("user_code").GetString()!.Split('-');
}
