using System.Net;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

/// <summary>What somebody else can do with your address: nothing that costs you an account, or the way into it.</summary>
public sealed class StrangerTests(SignInServer fixture) : IClassFixture<SignInServer>
{
    private const string StrangersPassword = "correct horse battery staple";

    [Fact]
    public async Task The_mailed_code_on_a_page_that_a_stranger_sent_makes_no_account_without_the_password()
    {
        var email = SignInServer.NewEmail();
        using var stranger = fixture.NewVisitor();
        using var reader = fixture.NewVisitor();
        var sent = await stranger.StartSignUpAsync(email);
        var code = await fixture.Server.CodeFromMailAsync(email);
        Assert.Contains("This browser is not the one that signed up", await reader.ReadAsync(sent), StringComparison.Ordinal);

        foreach (var password in new[] { "", "&password=", "&password=a+quiet+river+of+glass" })
        {
            using var answer = await reader.SubmitAsync(sent, "code", await reader.FormTokenAsync(), $"code={code}{password}");

            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
            Assert.False(await reader.IsSignedInAsync());
            Assert.Equal(0, await fixture.ScalarAsync<long>("select count(*) from users where email = $1", email));
        }

        // Whoever chose it may go on in another browser, and the tries above took nothing from the code.
        using var proved = await reader.SubmitAsync(sent, "code", await reader.FormTokenAsync(), $"code={code}&password={Uri.EscapeDataString(StrangersPassword)}");
        Assert.Equal(HttpStatusCode.Redirect, proved.StatusCode);
        Assert.True(await reader.IsSignedInAsync());
    }

    [Fact]
    public async Task Forty_networks_with_wrong_passwords_do_not_shut_out_the_owner_and_have_three_guesses_an_hour_left()
    {
        using var owner = fixture.NewVisitor();
        var email = await owner.SignUpAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
            Assert.DoesNotContain(await GuessAsync(email, 3), status => status is not (HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests)));

        var late = await GuessAsync(email, 9);
        using var program = new ApiClient(fixture.Server);
        using var signedIn = await program.PostAsync("/api/auth/login", new { email, password = ApiClient.Password });

        // One try of the wide limit comes back every 36 seconds: it may be among them.
        Assert.InRange(late.Count(status => status == HttpStatusCode.Unauthorized), 3, 5);
        Assert.Contains(HttpStatusCode.TooManyRequests, late);
        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
    }

    [Fact]
    public async Task A_browser_on_another_network_gets_in_too_while_the_guessing_goes_on()
    {
        using var owner = fixture.NewVisitor();
        var email = await owner.SignUpAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) => await GuessAsync(email, 3));

        using var phone = fixture.NewVisitor();

        Assert.NotNull(await phone.LogInAsync(email));
        Assert.True(await phone.IsSignedInAsync());
    }

    /// <summary>From a network of its own.</summary>
    private async Task<List<HttpStatusCode>> GuessAsync(string email, int times)
    {
        using var network = new ApiClient(fixture.Server);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < times; i++)
        {
            using var answer = await network.PostAsync("/api/auth/login", new { email, password = "not the right one" });
            statuses.Add(answer.StatusCode);
        }

        return statuses;
    }
}
