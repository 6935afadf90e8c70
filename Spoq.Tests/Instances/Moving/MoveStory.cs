using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Instances.Providers;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Instances.Moving;

/// <summary>A computer at Hostinger that has become too small: its owner is told what moving means, watches it, works on meanwhile, and pays from then on.</summary>
public sealed class MoveStory(MoveStory.PatientWorld world) : IClassFixture<MoveStory.PatientWorld>
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_larger_computer_takes_the_place_of_one_that_is_in_use_until_then(int width, ColorScheme scheme)
    {
        var look = $"{(scheme == ColorScheme.Light ? "light" : "dark")}-{width}";
        using var owner = await world.SignUpAsync();
        var id = await Purchase.BuyAsync(world.Services, owner.AccountId, "hostinger", "vps-2", "frankfurt");
        await CallHomeAsync(id);
        await world.DriveAsync(id, InstanceState.Running);
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors, width, 844, scheme);
        await LogInAsync(page, owner.Email);

        await page.GetByRole(AriaRole.Link, new() { Name = "Change size" }).ClickAsync();
        await page.LiveAsync();
        await page.GetByRole(AriaRole.Radio, new() { Name = "VPS 4" }).CheckAsync();
        await Expect(page.GetByText("You go on working meanwhile")).ToBeVisibleAsync();
        await Expect(page.GetByText("/root/packages-of-before.txt")).ToBeVisibleAsync();
        await page.ShotAsync($"move-1-chosen-{look}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change size" }).ClickAsync();
        await page.ShotAsync($"move-2-confirm-{look}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, change it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Steps of the change" })).ToBeVisibleAsync();

        var token = await CallHomeAsync(id);
        await world.DriveAsync(id, instance => instance.Step == Step.CopyFiles);
        await HearAsync(id, token, MoveReport.Copying, "12.4 GB, 43 %");
        await Expect(page.GetByText("Copying: 12.4 GB, 43 %")).ToBeVisibleAsync();
        await Expect(page.GetByText("Copying your files")).ToBeVisibleAsync();
        await Expect(page.GetByText("Go on working")).ToBeVisibleAsync();
        await page.ShotAsync($"move-3-copying-{look}");
        using (var runtime = await owner.PostAsync($"/api/cloud/instances/{id}/runtime-token"))
        {
            Assert.True(runtime.IsSuccessStatusCode, "it can be worked on while it is copied");
        }

        await HearAsync(id, token, MoveReport.Copied, null);
        await world.DriveAsync(id, instance => instance.Step == Step.FinishCopy && instance.WaitingFor is not null);
        await Expect(page.GetByText("Your computer is closed for a moment").First).ToBeVisibleAsync();
        await HearAsync(id, token, MoveReport.Moved, null);
        await world.DriveAsync(id, InstanceState.Running);
        await Expect(page.GetByText("It has the size of VPS 4 now.")).ToBeVisibleAsync();
        await page.ShotAsync($"move-4-done-{look}");

        Assert.Equal("vps-4", world.Read(id).Plan);
        Assert.Equal([world.Read(id).ServerMark], world.Vendors.Hostinger.Marked.Intersect([id, world.Read(id).ServerMark]));
        Assert.Empty(errors);
    }

    /// <summary>What a new server does when its Conductor is up; the token it was given.</summary>
    private async Task<string> CallHomeAsync(Guid id)
    {
        await world.DriveAsync(id, instance => instance.Step == Step.InstallConductor);
        var reports = world.Services.GetRequiredService<ServerReports>();
        var token = await reports.PhoneHomeAsync(id, world.Vendors.Hostinger.TokenOf(world.Read(id).ServerMark), "1.0.0", CancellationToken.None);
        Assert.True(await reports.HeartbeatAsync(id, token!, new ServerVitals("1.0.0", 1, 1, 2, 28_000_000_000, 100_000_000_000), new ServerNews([], null), CancellationToken.None));
        return token!;
    }

    private async Task HearAsync(Guid id, string token, MoveReport report, string? text) =>
        Assert.True(await world.Services.GetRequiredService<ServerMoves>().HearAsync(id, token, report, text, CancellationToken.None));

    private async Task LogInAsync(IPage page, string email)
    {
        await page.GotoAsync(new Uri(world.BaseUrl, "/login").AbsoluteUri);
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(ApiClient.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/dashboard");
        await page.LiveAsync();
    }

    /// <summary>Nobody hangs here, and a busy machine is waited for.</summary>
    public sealed class PatientWorld : OutsideWorld
    {
        protected override TimeSpan Patience => TimeSpan.FromSeconds(30);
    }
}
